import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SecretHeaders } from '../../../src/gitlab/credential.ts';
import { parseProxy, proxyFor } from '../../../src/gitlab/transport/proxy.ts';
import { Secret } from '../../../src/util/secret.ts';
import { authority, server as certificate, client, stranger } from '../../helpers/certificates.ts';
import { aJob, connect, sendJson, startUpstream } from '../upstream.ts';

const ref = { project: '42', id: '1', kind: 'BUILD' } as const;

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Starts a GitLab with TLS that has one job and its log, and records the requests. */
async function startTlsGitlab(options: ServerOptions = {}) {
  const requests: IncomingMessage[] = [];
  const server = createTlsServer({ ...certificate, ...options }, (request, response) => {
    requests.push(request);
    if (request.url?.endsWith('/trace')) return void Readable.from(['log']).pipe(response);
    return sendJson(response, aJob(1));
  });
  const port = await listen(server);
  return { url: `https://127.0.0.1:${port}`, port, requests };
}

/**
 * Starts an HTTP proxy. `seen` has the requests that it received. With `status`, it rejects all of
 * them with that status.
 */
async function startProxy(status?: number) {
  const seen: { line: string; authorization: string | undefined }[] = [];
  const record = ({ method, url, headers }: IncomingMessage) =>
    seen.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] });
  const server = createServer((request, response) => {
    record(request);
    if (status) return void response.writeHead(status).end();
    const { hostname, port, pathname, search } = new URL(request.url ?? '');
    const { 'proxy-authorization': _own, ...headers } = request.headers;
    const path = `${pathname}${search}`;
    const onward = httpRequest(
      { hostname, port, path, headers, method: request.method },
      (from) => {
        response.writeHead(from.statusCode ?? 0, from.headers);
        from.pipe(response);
      },
    );
    return void request.pipe(onward);
  });
  server.on('connect', (request: IncomingMessage, socket) => {
    record(request);
    socket.on('error', () => {});
    if (status) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const onward = connectTcp(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    return undefined;
  });
  const address = `127.0.0.1:${await listen(server)}`;
  return { seen, address, secret: new Secret(`http://me:p%40ss@${address}`) };
}

const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;

/** Starts a GitLab that redirects a download to `location`. */
const startRedirecting = (location: string) =>
  startUpstream((_request, response) => void response.writeHead(302, { location }).end());

describe('The storage of a download', () => {
  const sendFile = (response: ServerResponse) => void response.writeHead(200).end('file');

  it('is reached through the proxy for its address', async () => {
    const storage = await startUpstream((_request, response) => sendFile(response));
    const gitlab = await startRedirecting(`${storage.url}/bucket/a?signature=s`);
    const proxy = await startProxy();
    const { gitlab: caller } = connect(gitlab.url, {
      network: { proxies: { http: proxy.secret } },
    });
    const { body } = await caller.openArtifacts(ref);
    expect(await text(body)).toBe('file');
    expect(proxy.seen.map(({ line }) => line)).toEqual([
      `GET ${gitlab.url}/api/v4/projects/42/jobs/1/artifacts`,
      `GET ${storage.url}/bucket/a?signature=s`,
    ]);
    expect(storage.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
    expect(storage.requests[0]?.headers['host']).toBe(new URL(storage.url).host);
  });

  it('is reached through a tunnel if it has TLS, also from a GitLab that is not proxied', async () => {
    const storage = await startTlsGitlab();
    const gitlab = await startRedirecting(`${storage.url}/jobs/1/trace`);
    const proxy = await startProxy();
    const network = { proxies: { https: proxy.secret }, ca: authority.cert };
    const { body } = await connect(gitlab.url, { network }).gitlab.openArtifacts(ref);
    expect(await text(body)).toBe('log');
    expect(proxy.seen.map(({ line }) => line)).toEqual([`CONNECT 127.0.0.1:${storage.port}`]);
    expect(storage.requests).toHaveLength(1);
  });

  it('does not receive the client certificate', async () => {
    const storage = await startTlsGitlab({ requestCert: true, rejectUnauthorized: false });
    const gitlab = await startRedirecting(`${storage.url}/jobs/1/trace`);
    const network = {
      ca: authority.cert,
      clientCert: client.cert,
      clientKey: new Secret(client.key),
    };
    const { body } = await connect(gitlab.url, { network }).gitlab.openArtifacts(ref);
    expect(await text(body)).toBe('log');
    const socket = storage.requests[0]?.socket as TLSSocket;
    expect(socket.getPeerCertificate()).toEqual({});
  });

  it('with the certificate of a stranger is not read, and no address is shown', async () => {
    const storage = await startTlsGitlab();
    const gitlab = await startRedirecting(`${storage.url}/jobs/1/trace`);
    const error: unknown = await connect(gitlab.url)
      .gitlab.openArtifacts(ref)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'GITLAB_MISROUTED', redirectsTo: storage.url });
    expect((error as Error).message).not.toContain('127.0.0.1');
    expect(storage.requests).toEqual([]);
  });
});

describe('A proxy', () => {
  it('receives calls to an http GitLab with the whole address', async () => {
    const gitlab = await startUpstream((_request, response) => sendJson(response, aJob(1)));
    const proxy = await startProxy();
    const network = { proxies: { http: proxy.secret } };
    const { gitlab: caller } = connect(`${gitlab.url}/root`, { network });
    expect(await caller.getJob(ref)).toMatchObject({ name: 'test' });
    const line = `GET ${gitlab.url}/root/api/v4/projects/42/jobs/1`;
    expect(proxy.seen).toEqual([{ line, authorization: basic }]);
    expect(gitlab.requests[0]?.headers).toMatchObject({ host: new URL(gitlab.url).host });
    expect(gitlab.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('opens tunnels to an https GitLab, and sees nothing of the calls', async () => {
    const { url, port, requests } = await startTlsGitlab();
    const proxy = await startProxy();
    const network = { proxies: { https: proxy.secret }, ca: authority.cert };
    const { gitlab } = connect(url, { network, connections: 2 });
    const calls = Array.from({ length: 10 }, (_, at) =>
      gitlab.getJob({ ...ref, id: String(at + 1) }),
    );
    await Promise.allSettled(calls);
    const { body } = await gitlab.openJobTrace(ref);
    expect(await text(body)).toBe('log');
    expect(requests).toHaveLength(11);
    expect(requests[0]?.headers).not.toHaveProperty('proxy-authorization');
    // The proxy sees two connections for calls, and one for the log.
    const tunnel = { line: `CONNECT 127.0.0.1:${port}`, authorization: basic };
    expect(proxy.seen).toEqual([tunnel, tunnel, tunnel]);
  });

  it('is not used for the hosts of NO_PROXY', async () => {
    const gitlab = await startUpstream((_request, response) => sendJson(response, aJob(1)));
    const proxy = await startProxy();
    const network = { proxies: { http: proxy.secret, except: 'localhost,127.0.0.0/8' } };
    const { gitlab: caller } = connect(gitlab.url, { network });
    await caller.getJob(ref);
    expect(proxy.seen).toEqual([]);
  });

  it('that refuses to connect is an error with its status; a write was not sent', async () => {
    const { url, requests } = await startTlsGitlab();
    const proxy = await startProxy(407);
    const network = { proxies: { https: proxy.secret }, ca: authority.cert };
    const { gitlab } = connect(url, { network });
    const error: unknown = await gitlab.playJob(ref, {}).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'GITLAB_NETWORK', sent: false });
    expect(error).toMatchObject({
      detail:
        'GitLab cannot be reached: the proxy requires a user and password in HTTPS_PROXY (PROXY_ANSWERED_407)',
    });
    expect(inspect(error, { depth: 9 })).not.toMatch(/p@ss|p%40ss|Basic/);
    expect(proxy.seen).toHaveLength(1);
    expect(requests).toEqual([]);
  });

  it('that closes the connection is asked once per attempt', async () => {
    const { url } = await startTlsGitlab();
    let connections = 0;
    const port = await listen(
      createServer().on('connection', (socket) => {
        connections += 1;
        socket.destroy();
      }),
    );
    const network = { proxies: { https: new Secret(`127.0.0.1:${port}`) } };
    const { gitlab } = connect(url, { network });
    await expect(gitlab.playJob(ref, {})).rejects.toMatchObject({
      code: 'GITLAB_NETWORK',
      sent: false,
    });
    expect(connections).toBe(1);
  });

  it.each([
    ['http', 'HTTP_PROXY'],
    ['https', 'HTTPS_PROXY'],
  ])('is named in the error if nothing listens at its address: %s', async (scheme, setting) => {
    // Nothing listens at port 1. A port that a test has closed may already belong to another test.
    const network = { proxies: { [scheme]: new Secret('127.0.0.1:1') } };
    const { gitlab } = connect(`${scheme}://gitlab.test`, { network });
    await expect(gitlab.playJob(ref, {})).rejects.toMatchObject({
      detail: `GitLab cannot be reached: nothing listens at the address in ${setting} (ECONNREFUSED)`,
    });
  });

  it('that does not answer is a timeout', async () => {
    const { url } = await startTlsGitlab();
    const port = await listen(createServer().on('connect', () => {}));
    const network = { proxies: { https: new Secret(`127.0.0.1:${port}`) } };
    const { gitlab } = connect(url, { network, timeouts: { connectMs: 50 } });
    const error: unknown = await gitlab.playJob(ref, {}).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'GITLAB_TIMEOUT', phase: 'connect', sent: false });
  });
});

describe('The address of a proxy', () => {
  it.each([
    ['proxy.example.com:3128', { isSecure: false, hostname: 'proxy.example.com', port: 3128 }],
    ['http://proxy.example.com', { isSecure: false, port: 1080 }],
    ['http://proxy.example.com:80/', { isSecure: false, port: 80 }],
    ['https://proxy.example.com', { isSecure: true, port: 443 }],
    ['http://[::1]:3128', { hostname: '::1', port: 3128 }],
  ])('%s is understood', (address, expected) => {
    expect(parseProxy(address)).toMatchObject(expected);
  });

  it.each([
    'socks5://proxy.example.com:1080',
    'http://',
    'http://proxy.example.com:3128/proxy.pac',
    'http://proxy.example.com:99999',
    'http://me:%ZZ@proxy.example.com:3128',
    'http://a b',
  ])('%s is not', (address) => {
    expect(parseProxy(address)).toBeUndefined();
  });

  it('may have a user without a password', () => {
    const expected = `Basic ${Buffer.from('me:').toString('base64')}`;
    expect(parseProxy('http://me@proxy:1')?.authorization?.reveal()).toBe(expected);
  });
});

describe('The choice of a proxy', () => {
  const proxies = { https: new Secret('http://secure:1'), http: new Secret('http://plain:1') };
  const isDirect = (url: string, except: string) =>
    proxyFor(new URL(url), { ...proxies, except }) === undefined;

  it('follows the scheme of GitLab', () => {
    expect(proxyFor(new URL('https://gitlab.example.com'), proxies)?.hostname).toBe('secure');
    expect(proxyFor(new URL('http://gitlab.example.com'), proxies)?.hostname).toBe('plain');
    expect(proxyFor(new URL('https://x'), { http: proxies.http })).toBeUndefined();
  });

  it.each([
    '*',
    'gitlab.example.com',
    'other.example,gitlab.example.com',
    'other.example gitlab.example.com',
    'GitLab.Example.Com.',
    'example.com',
    '.example.com',
    '*.example.com',
    'gitlab.example.com:443',
  ])('is none if NO_PROXY is %s', (except) => {
    expect(isDirect('https://gitlab.example.com', except)).toBe(true);
  });

  it.each([
    '',
    ',',
    '.',
    'lab.example.com',
    'example',
    'a.gitlab.example.com',
    'gitlab.example.com:80',
  ])('is the proxy if NO_PROXY is %j', (except) =>
    expect(isDirect('https://gitlab.example.com', except)).toBe(false),
  );

  it('compares IP addresses and networks', () => {
    expect(isDirect('https://10.1.2.3:8443', '10.1.2.3')).toBe(true);
    expect(isDirect('https://10.1.2.3', '10.0.0.0/8')).toBe(true);
    expect(isDirect('https://10.1.2.3', '2.3,10.1.2.4,11.0.0.0/8,10.1.2.3/99,fd00::/8')).toBe(
      false,
    );
    expect(isDirect('https://[fd00::1]', 'fd00::1')).toBe(true);
    expect(isDirect('https://[fd00::1]:8443', '[fd00::1]:8443')).toBe(true);
    expect(isDirect('https://[fd00::1]', 'fd00::/8')).toBe(true);
    expect(isDirect('https://[fe80::1]', 'fd00::/8')).toBe(false);
  });
});

describe('An https GitLab', () => {
  it('with a certificate of an own authority is trusted with that authority only', async () => {
    const { url, requests } = await startTlsGitlab();
    const read = (ca?: string) => connect(url, { network: { ca } }).gitlab.playJob(ref, {});
    await expect(read()).rejects.toMatchObject({ code: 'GITLAB_NETWORK', sent: false });
    await expect(read(stranger.cert)).rejects.toMatchObject({ code: 'GITLAB_NETWORK' });
    expect(requests).toEqual([]);
    expect(await read(`${stranger.cert}\n${authority.cert}`)).toMatchObject({ name: 'test' });
  });

  it('receives the client certificate', async () => {
    const { url, requests } = await startTlsGitlab({ requestCert: true, ca: authority.cert });
    const key = new Secret(client.key);
    const network = { ca: authority.cert, clientCert: client.cert, clientKey: key };
    await connect(url, { network }).gitlab.getJob(ref);
    expect(requests[0]?.socket).toMatchObject({ authorized: true });
  });

  it('receives the client certificate through a tunnel', async () => {
    const { url, requests } = await startTlsGitlab({ requestCert: true, ca: authority.cert });
    const proxy = await startProxy();
    const clientKey = new Secret(client.key);
    const proxies = { https: proxy.secret };
    const network = { proxies, ca: authority.cert, clientCert: client.cert, clientKey };
    await connect(url, { network }).gitlab.getJob(ref);
    expect(requests[0]?.socket).toMatchObject({ authorized: true });
  });
});

it('Extra headers are sent with each call, beside the credential', async () => {
  const gitlab = await startUpstream((_request, response) => sendJson(response, aJob(1)));
  const network = { headers: new SecretHeaders([['cf-access-client-secret', 'of-the-proxy']]) };
  const { gitlab: caller } = connect(gitlab.url, { network });
  await caller.getJob(ref);
  await caller.playJob(ref, {});
  for (const { headers } of gitlab.requests) {
    expect(headers).toMatchObject({
      'cf-access-client-secret': 'of-the-proxy',
      'private-token': 'glpat-caller-0001',
    });
  }
  expect(gitlab.requests).toHaveLength(2);
});

it('Extra headers that a proxy repeats do not appear in errors and in the log', async () => {
  const gitlab = await startUpstream(({ headers }, response) => {
    const given = `${headers['cf-access-client-secret']}, ${headers['x-scheme']}`;
    return sendJson(response, { message: `502 bad header: ${given}` }, { status: 502 });
  });
  const problems: unknown[] = [];
  const { gitlab: caller, transport } = connect(gitlab.url, {
    network: {
      headers: new SecretHeaders([
        ['cf-access-client-secret', 'of-the-proxy'],
        ['x-scheme', 'https'],
      ]),
    },
    onProblem: (problem) => problems.push(problem),
  });
  const error: unknown = await caller.playJob(ref, {}).catch((reason: unknown) => reason);
  const probed = await transport.probe();
  for (const { detail } of [error, probed] as { detail: string }[]) {
    expect(detail).toBe('GitLab answered 502: 502 bad header: [redacted], https');
  }
  expect(problems).toHaveLength(2);
  expect(inspect([error, probed, problems], { depth: 9 })).not.toContain('of-the-proxy');
});
