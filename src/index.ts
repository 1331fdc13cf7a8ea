/** For embedding: the gateway as a value, and how its configuration is read. */
export { type Config, ConfigError, parseConfig } from './app/config.ts';
export { createGateway, type Gateway, type GatewayDeps } from './app/gateway.ts';
