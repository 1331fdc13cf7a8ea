/**
 * The exports of `node:http` that the gateway uses. An ES import of `node:http` reads all exports,
 * which loads Node's own `fetch` and `WebSocket`: 12 MiB and 25 ms that the gateway does not need.
 */
export const { createServer, IncomingMessage, request } = process.getBuiltinModule('node:http');
