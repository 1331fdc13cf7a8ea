import { describe, expect, it } from 'vitest';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const SITE = 'https://ci.example.com';
const query = `{ job(project: "42", id: "${small.fullJob}") { name } }`;
const mutation = 'mutation { jobRetry(input: { id: "x" }) { retriedJobId } }';

const start = (corsOrigins: string[] = []): Promise<Started> =>
  startGateway({
    simulator: { world: smallWorld() },
    token: tokens.alice,
    config: { corsOrigins },
  });

interface Sent {
  headers?: Record<string, string>;
  text?: string;
}

function post({ url }: Started, { headers, text = JSON.stringify({ query }) }: Sent) {
  const token = { 'private-token': tokens.alice };
  return fetch(`${url}/graphql`, { method: 'POST', body: text, headers: { ...token, ...headers } });
}

function get({ url }: Started, { headers = {}, text = query }: Sent) {
  return fetch(`${url}/graphql?query=${encodeURIComponent(text)}`, { headers });
}

const json = { 'content-type': 'application/json' };

describe('a request that a cross-site form can send', () => {
  it.each([
    ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(query)}`],
    ['a form with files', 'multipart/form-data; boundary=x', '--x--'],
    ['text', 'text/plain', JSON.stringify({ query })],
    ['text that also names JSON', 'text/plain; application/json', JSON.stringify({ query })],
    ['a document', 'application/graphql', query],
    ['no content type', '', JSON.stringify({ query })],
  ])('is refused: %s', async (_name, type, text) => {
    const started = await start();
    const response = await post(started, { headers: { 'content-type': type }, text });
    expect(response.status).toBe(415);
    expect(await response.text()).toContain('application/json');
    expect(started.calls()).toEqual([]);
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/graphql+json',
  ])('does not include %s, which is accepted', async (type) => {
    const started = await start();
    const response = await post(started, { headers: { 'content-type': type } });
    expect(await response.json()).toMatchObject({ data: { job: { name: 'unit tests 1/3' } } });
  });

  it('cannot be a mutation by GET', async () => {
    const started = await start();
    const response = await get(started, { text: mutation });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(started.calls()).toEqual([]);
  });
});

describe('a cross-site page', () => {
  it.each([
    ['by its origin', { origin: 'https://evil.example' }],
    ['without a name', { origin: 'null' }],
    ['by what its browser says', { 'sec-fetch-site': 'cross-site' }],
    ['of the same owner', { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }],
    ['that only embeds', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ] as [string, Record<string, string>][])('is refused: %s', async (_name, headers) => {
    const started = await start();
    const byPost = await post(started, { headers: { ...json, ...headers } });
    const byGet = await get(started, { headers });
    const stream = await get(started, { headers: { ...headers, accept: 'text/event-stream' } });
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
    expect((await post(started, { headers: { ...json, ...headers } })).status).toBe(200);
    const subscribing = await get(started, {
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(subscribing.status).toBe(200);
    const other = { ...headers, origin: 'https://ci.example.com.evil.example' };
    expect((await post(started, { headers: { ...json, ...other } })).status).toBe(403);
  });
});

describe('a caller that is not a cross-site page', () => {
  it.each([
    ['a program', () => ({})],
    ['the gateway’s own page', (host: string) => ({ origin: `http://${host}` })],
    ['the same behind a proxy that speaks TLS', (host: string) => ({ origin: `https://${host}` })],
    [
      'the same behind a proxy that changes the host',
      () => ({ origin: 'https://ci.example.com', 'sec-fetch-site': 'same-origin' }),
    ],
    ['a person who typed the address', () => ({ 'sec-fetch-site': 'none' })],
  ] as [string, (host: string) => Record<string, string>][])(
    'may ask: %s',
    async (_name, headersFor) => {
      const started = await start();
      const headers = headersFor(new URL(started.url).host);
      expect((await get(started, { headers })).status).toBe(200);
      expect((await post(started, { headers: { ...json, ...headers } })).status).toBe(200);
    },
  );
});
