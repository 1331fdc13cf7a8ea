/** The API for embedding the gateway in another program. */
export { type Config, ConfigError, parseConfig } from './app/config.ts';
export { createGateway, type Gateway, type GatewayDeps } from './app/gateway.ts';
