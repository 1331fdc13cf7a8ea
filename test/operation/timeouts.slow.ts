import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codesOf, startGateway } from '../helpers/start-gateway.ts';

const JOB = '{ job(project: "1", id: "1") { name } }';

/** Starts a server and returns its host and port. The server is closed when the test ends. */
async function hostOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * Starts a server that accepts connections and sends nothing, so that a TLS handshake never
 * completes.
 */
const silent = async () => `https://${await hostOf(createTcpServer(() => {}).unref())}`;

/** Starts a server whose response bodies never end. */
async function halting(): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{');
  });
  onTestFinished(() => server.closeAllConnections());
  return `http://${await hostOf(server)}`;
}

/** Starts a server that never responds. */
async function hanging(): Promise<string> {
  const server = createHttpServer(() => {});
  onTestFinished(() => server.closeAllConnections());
  return `http://${await hostOf(server)}`;
}

describe('a call to GitLab', () => {
  it.each([
    ['the connection', 'UPSTREAM_CONNECT_TIMEOUT_MS', silent],
    ['the response headers', 'UPSTREAM_HEADERS_TIMEOUT_MS', hanging],
    ['the response body', 'UPSTREAM_BODY_TIMEOUT_MS', halting],
    ['the whole call', 'UPSTREAM_TIMEOUT_MS', hanging],
    ['the operation', 'OPERATION_TIMEOUT_MS', hanging],
  ])('times out if %s takes longer than %s', async (_part, name, openServer) => {
    const gitlabUrl = await openServer();
    const env = { GITLAB_URL: gitlabUrl, [name]: '200' };
    const { query } = await startGateway({ env });
    const startedAt = performance.now();
    expect(codesOf(await query(JOB))).toEqual({ job: 'UPSTREAM_TIMEOUT' });
    // undici checks its timers only every second. The default timeouts are 5 to 60 s, so they did
    // not apply.
    expect(performance.now() - startedAt).toBeLessThan(4_500);
  });
});
