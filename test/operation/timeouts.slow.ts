import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codesOf, startGateway } from '../helpers/start-gateway.ts';

const JOB = '{ job(project: "1", id: "1") { name } }';

/** Where a server listens that ends with the test. */
async function hostOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Takes connections and says nothing: with https, connecting never comes to an end. */
const silent = async () => `https://${await hostOf(createTcpServer(() => {}).unref())}`;

/** Begins a body and never ends it. */
async function halting(): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{');
  });
  onTestFinished(() => server.closeAllConnections());
  return `http://${await hostOf(server)}`;
}

/** Takes requests and never answers. */
async function hanging(): Promise<string> {
  const server = createHttpServer(() => {});
  onTestFinished(() => server.closeAllConnections());
  return `http://${await hostOf(server)}`;
}

describe('a call to GitLab that takes too long', () => {
  it.each([
    ['to connect', 'UPSTREAM_CONNECT_TIMEOUT_MS', silent],
    ['to begin its answer', 'UPSTREAM_HEADERS_TIMEOUT_MS', hanging],
    ['within its answer', 'UPSTREAM_BODY_TIMEOUT_MS', halting],
    ['in all', 'UPSTREAM_TIMEOUT_MS', hanging],
    ['for the operation', 'OPERATION_TIMEOUT_MS', hanging],
  ])('%s ends after %s', async (_what, name, openServer) => {
    const gitlabUrl = await openServer();
    const env = { GITLAB_URL: gitlabUrl, [name]: '200' };
    const { query } = await startGateway({ env });
    const startedAt = performance.now();
    expect(codesOf(await query(JOB))).toEqual({ job: 'UPSTREAM_TIMEOUT' });
    // Undici looks at its timers every second; the defaults are 5 to 60 s.
    expect(performance.now() - startedAt).toBeLessThan(4_500);
  });
});
