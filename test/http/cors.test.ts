import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../src/app/config.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const SITES = ['https://ci.example.com', 'http://localhost:5173'];

const start = (corsOrigins: string[] = SITES): Promise<Started> =>
  startGateway({ simulator: { world: smallWorld() }, config: { corsOrigins } });

function ask({ url }: Started, origin: string, names = 'content-type,private-token') {
  return fetch(`${url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': names,
    },
  });
}

function send({ url }: Started, origin: string, headers: Record<string, string> = {}) {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ project(fullPath: "group/app") { name } }' }),
  });
}

const corsOf = (response: Response) =>
  [...response.headers].filter(([name]) => name.startsWith('access-control-'));

describe('cross-origin pages', () => {
  it.each(SITES)('may send requests if their origin is listed: %s', async (origin) => {
    const started = await start();
    const permission = await ask(started, origin);
    expect(permission.status).toBe(204);
    expect(permission.headers.get('access-control-allow-origin')).toBe(origin);
    expect(permission.headers.get('access-control-allow-headers')).toContain('private-token');
    const answer = await send(started, origin, { 'private-token': tokens.alice });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('retry-after');
    expect(await answer.json()).toHaveProperty('data.project.name');
  });

  it.each([
    'apollographql-client-name,apollographql-client-version,apollo-require-preflight',
    'baggage,sentry-trace,traceparent,tracestate',
    'x-apollo-operation-name,graphql-client-name,x-requested-with',
    'authorization,job-token,private-token,x-request-id,last-event-id',
  ])('may send the headers of their client and its instrumentation: %s', async (names) => {
    const { headers } = await ask(await start(), 'https://ci.example.com', names);
    expect(headers.get('access-control-allow-headers')?.split(', ')).toEqual(names.split(','));
    expect(headers.get('vary')).toContain('Access-Control-Request-Headers');
    expect(Number(headers.get('access-control-max-age'))).toBeGreaterThan(600);
  });

  it('may not send headers that proxies or GitLab believe', async () => {
    const names =
      'accept,cookie,forwarded,x-forwarded-for,x-forwarded-host,x-real-ip,x-original-url,' +
      'x-http-method-override,proxy-authorization,sec-fetch-site,sudo,x-gitlab-token';
    const { headers } = await ask(await start(), 'https://ci.example.com', names);
    expect(headers.get('access-control-allow-headers')).toBe('accept');
  });

  it('may read error responses', async () => {
    const answer = await send(await start(), 'https://ci.example.com', {
      'content-type': 'text/plain',
    });
    expect(answer.status).toBe(415);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://ci.example.com');
  });

  it.each(['https://evil.example', 'null', 'https://ci.example.com:8443', 'http://ci.example.com'])(
    'may not if they are not: %s',
    async (origin) => {
      const started = await start();
      expect(corsOf(await ask(started, origin))).toEqual([]);
      expect(corsOf(await send(started, origin))).toEqual([]);
      expect(started.calls()).toEqual([]);
    },
  );

  it('are refused by default', async () => {
    const started = await start([]);
    expect(corsOf(await ask(started, 'https://ci.example.com'))).toEqual([]);
    expect(corsOf(await send(started, 'https://ci.example.com'))).toEqual([]);
  });

  it('never get a wildcard origin or Access-Control-Allow-Credentials', async () => {
    const started = await start();
    for (const origin of [...SITES, 'https://evil.example', '*']) {
      for (const response of [await ask(started, origin), await send(started, origin)]) {
        expect(response.headers.get('access-control-allow-credentials')).toBeNull();
        expect(response.headers.get('access-control-allow-origin')).not.toBe('*');
      }
    }
    const problems = ['*', 'https://*.example.com', 'ci.example.com', 'https://ci.example.com/x'];
    for (const CORS_ORIGINS of problems) {
      const parse = () =>
        parseConfig({ GITLAB_URL: 'https://gitlab.example.com', CORS_ORIGINS }, []);
      expect(parse, CORS_ORIGINS).toThrow(ConfigError);
    }
  });

  it('do not share cached responses', async () => {
    const started = await start();
    expect((await send(started, 'https://ci.example.com')).headers.get('vary')).toContain('Origin');
    const plain = await fetch(`${started.url}/graphql?query={__typename}`);
    expect(plain.headers.get('vary')).toContain('Origin');
  });
});

describe('every response', () => {
  const paths = [
    '/graphql?query={__typename}',
    '/graphql',
    '/graphql?query={',
    '/nowhere',
    '/health',
  ];
  it.each(paths)('has security headers and names no server software: %s', async (path) => {
    const started = await start([]);
    const { headers } = await fetch(`${started.url}${path}`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toMatch(/no-store|private/);
    for (const name of ['server', 'x-powered-by', 'via', 'x-yoga-id']) {
      expect(headers.get(name)).toBeNull();
    }
    const text = await (await fetch(`${started.url}${path}`)).text();
    expect(text).not.toMatch(/yoga|node\.js|\/(src|node_modules)\//i);
  });

  it('of GraphiQL has a content security policy of its own', async () => {
    const started = await startGateway({ config: { graphiql: true } });
    const page = await fetch(`${started.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  });
});
