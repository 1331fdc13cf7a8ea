import { describe, expect, it } from 'vitest';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const SITE = 'https://ci.example.com';
const query = `{ job(project: "42", id: "${small.fullJob}") { name } }`;

const start = (corsOrigins: string[] = []): Promise<Started> =>
  startGateway({
    simulator: { world: smallWorld() },
    token: tokens.alice,
    config: { corsOrigins },
  });

type Headers = Record<string, string>;

function post({ url }: Started, headers: Headers) {
  const all = { 'private-token': tokens.alice, 'content-type': 'application/json', ...headers };
  return fetch(`${url}/graphql`, { method: 'POST', body: JSON.stringify({ query }), headers: all });
}

function get({ url }: Started, headers: Headers) {
  return fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers });
}

describe('a cross-site page', () => {
  it.each([
    ['by its origin', { origin: 'https://evil.example' }],
    ['with an opaque origin', { origin: 'null' }],
    ['with a malformed origin', { origin: 'x' }],
    ['by Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
    ['of the same site', { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }],
    ['that embeds the response', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ] as [string, Headers][])('is refused %s', async (_name, headers) => {
    const started = await start();
    const byPost = await post(started, headers);
    const byGet = await get(started, headers);
    const stream = await get(started, { ...headers, accept: 'text/event-stream' });
    for (const response of [byPost, byGet, stream]) {
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(await byPost.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(started.calls()).toEqual([]);
  });

  it('is accepted if its origin is listed', async () => {
    const started = await start([SITE]);
    const headers = { origin: SITE, 'sec-fetch-site': 'cross-site' };
    expect((await post(started, headers)).status).toBe(200);
    const subscribing = await get(started, { ...headers, accept: 'text/event-stream' });
    expect(subscribing.status).toBe(200);
    const other = { ...headers, origin: 'https://ci.example.com.evil.example' };
    expect((await post(started, other)).status).toBe(403);
  });
});

describe('a caller that is not a cross-site page', () => {
  it.each([
    ['a program', () => ({})],
    ['the gateway’s own page', (host: string) => ({ origin: `http://${host}` })],
    [
      'the gateway’s own page, behind a proxy that terminates TLS',
      (host: string) => ({ origin: `https://${host}` }),
    ],
    [
      'the gateway’s own page, behind a proxy that changes the host',
      () => ({ origin: 'https://ci.example.com', 'sec-fetch-site': 'same-origin' }),
    ],
    ['a user who typed the address', () => ({ 'sec-fetch-site': 'none' })],
  ] as [string, (host: string) => Headers][])('is served: %s', async (_name, headersFor) => {
    const started = await start();
    const headers = headersFor(new URL(started.url).host);
    expect((await get(started, headers)).status).toBe(200);
    expect((await post(started, headers)).status).toBe(200);
  });
});
