import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createHostCheck, isLoopback } from '../../src/http/allowed-hosts.ts';
import { configOf } from '../helpers/config.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const ask = JSON.stringify({ query: `{ job(project: "42", id: "${small.fullJob}") { name } }` });

/** Starts a gateway with a token, whose data a page of another site could try to read. */
const start = (allowedHosts: string) =>
  startGateway({
    simulator: { world: smallWorld() },
    env: { GITLAB_TOKEN: tokens.alice, ALLOWED_HOSTS: allowedHosts, GITLAB_WEBHOOK_SECRET: 'hook' },
  });

/** Sends a request with any headers, including Host, which `fetch` does not allow. */
async function send(url: string, path: string, headers: Record<string, string>, body?: string) {
  const method = body === undefined ? 'GET' : 'POST';
  const json = { 'content-type': 'application/json' };
  const request = httpRequest(`${url}${path}`, { method, headers: { ...json, ...headers } });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

describe('a request that names another host', () => {
  it('is refused with 421 before any call, whatever the page claims', async () => {
    const { url, calls } = await start('jobs.example.com');
    for (const headers of [
      { host: 'evil.example', origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' },
      { host: 'evil.example', 'x-forwarded-host': 'jobs.example.com' },
      { host: 'jobs.example.com.evil.example' },
      { host: 'sub.jobs.example.com' },
    ]) {
      for (const [path, body] of [
        ['/graphql', ask],
        ['/graphql/', ask],
        [`/graphql?query=${encodeURIComponent(JSON.parse(ask).query)}`],
        [`/jobs/42/${small.fullJob}/trace`],
        [`/jobs/42/${small.fullJob}/artifacts`],
        [`/jobs/42/${small.fullJob}/artifacts/a/b`],
        ['/trace.css'],
        ['/any'],
      ] as const) {
        const { status, body: answer } = await send(url, path, headers, body);
        expect(status, path).toBe(421);
        expect(JSON.parse(answer)).toMatchObject({
          errors: [
            {
              message: expect.stringContaining('ALLOWED_HOSTS'),
              extensions: { code: 'MISDIRECTED_REQUEST' },
            },
          ],
        });
      }
    }
    expect(calls()).toEqual([]);
  });

  it('is refused as a WebSocket, too', async () => {
    const { url } = await start('jobs.example.com');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { host: 'evil.example' },
    });
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(421);
    expect(await text(response)).toContain('ALLOWED_HOSTS');
  });

  it('is answered on the paths for operators and webhooks', async () => {
    const { url } = await start('jobs.example.com');
    const other = { host: 'evil.example' };
    expect(await send(url, '/health', other)).toMatchObject({ status: 200 });
    expect(await send(url, '/metrics', other)).toMatchObject({ status: 200 });
    expect(await send(url, '/ready', other)).not.toMatchObject({ status: 421 });
    expect(await send(url, '/webhooks/gitlab', other, '{}')).toMatchObject({ status: 401 });
  });
});

describe('a request that names an allowed host', () => {
  it.each([
    'jobs.example.com',
    'Jobs.Example.com:4000',
    'jobs.example.com.',
    '127.0.0.1',
    '10.1.2.3:80',
    '[::1]:4000',
  ])('is answered: %s', async (host) => {
    const { url } = await start('other.example, jobs.example.com');
    expect(await send(url, '/graphql', { host }, ask)).toMatchObject({ status: 200 });
  });
});

describe('the check', () => {
  const isAllowed = (names: string[], host: string | undefined) =>
    createHostCheck(names)(host) === undefined;

  it.each([
    undefined,
    '',
    ' ',
    ':80',
    'a b',
    'evil.example@localhost',
    'localhost/evil.example',
    'localhost#',
    'localhost,evil.example',
    '[localhost]',
    '::1',
    '999.1.1.1',
  ])('refuses what is not one host: %j', (host) => {
    expect(isAllowed(['localhost'], host)).toBe(false);
  });

  it('knows the names of the own machine as localhost', () => {
    const hosts = ['localhost', 'LOCALHOST:1', 'app.localhost', 'localhost.evil.example'];
    expect(hosts.map((host) => isAllowed(['localhost'], host))).toEqual([true, true, true, false]);
    expect(isAllowed(['jobs.example.com'], 'localhost')).toBe(false);
  });

  it('compares names in ASCII', () => {
    expect(isAllowed(['xn--bcher-kva.example'], 'b\u00fccher.example')).toBe(true);
  });

  it('allows everything with *', () => {
    expect([undefined, 'evil.example'].map((host) => isAllowed(['*'], host))).toEqual([true, true]);
  });

  it('tells loopback addresses from others', () => {
    const own = ['localhost', '127.0.0.1', '127.1.2.3', '::1'];
    expect(own.map(isLoopback)).toEqual(own.map(() => true));
    const others = ['0.0.0.0', '::', '10.0.0.1', 'jobs.example.com', ''];
    expect(others.map(isLoopback)).toEqual(others.map(() => false));
  });
});

describe('the names that are allowed', () => {
  const base = { GITLAB_URL: 'https://gitlab.example.com' };
  const hostsOf = (env: Record<string, string>, argv: string[] = []) =>
    configOf({ ...base, ...env }, argv).allowedHosts;
  const own = { GITLAB_TOKEN: 'glpat-of-the-gateway' };

  it('are those of the own machine on a loopback address', () => {
    expect(hostsOf({ ...own, HOST: '127.0.0.1' })).toEqual(['localhost']);
    expect(hostsOf({ HOST: 'localhost' })).toEqual(['localhost']);
  });

  it('are those of the own machine in the demo, whose requests need no token', () => {
    expect(hostsOf({}, ['--demo'])).toEqual(['localhost']);
    expect(hostsOf({ HOST: '0.0.0.0' }, ['--demo'])).toEqual(['localhost']);
  });

  it('are all names without a token of the gateway', () => {
    expect(hostsOf({})).toEqual(['*']);
  });

  it('are required with a token of the gateway', () => {
    expect(() => hostsOf(own)).toThrow(/ALLOWED_HOSTS must list .* It is required/);
    expect(() => hostsOf({ ...own, HOST: '::' })).toThrow('ALLOWED_HOSTS');
    expect(
      hostsOf({ ...own, ALLOWED_HOSTS: 'Jobs.Example.com., b\u00fccher.example,10.1.2.3' }),
    ).toEqual(['jobs.example.com', 'xn--bcher-kva.example', '10.1.2.3']);
    expect(hostsOf({ ...own, ALLOWED_HOSTS: '*' })).toEqual(['*']);
  });

  it.each([
    'a.example,,b.example',
    ',',
    'a.example,',
    'a.example:4000',
    'https://a.example',
    'a.example/x',
    '*.example.com',
    '*,a.example',
    'a b',
  ])('cannot be %j', (text) => {
    expect(() => hostsOf({ ALLOWED_HOSTS: text })).toThrow(/ALLOWED_HOSTS must be host names/);
  });
});
