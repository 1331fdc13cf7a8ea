/**
 * The values of `node:http`. An ES import of that module would load Node's own `fetch` and
 * `WebSocket`, because it reads all exports: 12 MiB and 25 ms that the gateway does not need.
 */
export const { createServer, IncomingMessage, request } = process.getBuiltinModule('node:http');
