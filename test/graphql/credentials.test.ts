import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { codesOf, type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const ask = '{ job(project: "42", id: 1001) { name } }';
const start = (options: StartOptions = {}) =>
  startGateway({ simulator: { world: smallWorld() }, ...options });

/** The headers of every read that is sent to GitLab, for all callers. */
const always = ['accept', 'accept-encoding', 'connection', 'host', 'user-agent'];

const kinds: [kind: string, header: string, value: string][] = [
  ['PRIVATE-TOKEN', 'private-token', tokens.alice],
  ['an OAuth token', 'authorization', `Bearer ${tokens.aliceOauth}`],
  ['a personal token as Bearer', 'authorization', `Bearer ${tokens.alice}`],
  ['a job token', 'job-token', 'glcbt-64_some-job'],
  ['a job token as Bearer', 'authorization', 'Bearer glcbt-64_some-job'],
];

describe('A credential', () => {
  it.each(kinds)(
    'that is %s goes upstream as it came, and nothing else does',
    async (_kind, name, value) => {
      const { query, simulator, bugs } = await start();
      const answer = await query('{ project(fullPath: "42") { name } }', {
        headers: {
          [name]: value,
          cookie: '_gitlab_session=secret',
          sudo: 'root',
          'x-gitlab-static-object-token': 'secret',
          'x-forwarded-for': '10.0.0.1',
          'accept-language': 'de',
          referer: 'https://dashboard.example.com/secret',
        },
      });
      const [request] = simulator.requests;
      expect(Object.keys(request?.headers ?? {}).sort()).toEqual([...always, name].sort());
      expect(request?.headers[name]).toBe(value);
      expect(request?.path).toBe('/api/v4/projects/42');
      expect(JSON.stringify(answer)).not.toContain(value);
      expect(bugs).toEqual([]);
    },
  );

  it('is sent with writes, lists and logs', async () => {
    const { query, simulator } = await start();
    const authorization = `Bearer ${tokens.aliceOauth}`;
    const headers = { authorization };
    const id = Buffer.from('Job:42:1001').toString('base64url');
    await query('{ project(fullPath: "42") { jobs { nodes { trace { byteSize } } } } }', {
      headers,
    });
    await query(`mutation { jobRetry(input: { id: "${id}" }) { job { pipeline { duration } } } }`, {
      headers,
    });
    const sent = simulator.requests.map(({ method, headers: given }) => [
      method,
      given.authorization,
    ]);
    expect(sent.map(([method]) => method)).toEqual(['GET', 'GET', 'GET', 'POST', 'GET']);
    for (const [, value] of sent) expect(value).toBe(authorization);
  });

  it('is sent together with all others of the request', async () => {
    const { query, simulator } = await start();
    const headers = {
      'private-token': tokens.alice,
      authorization: `Bearer ${tokens.bob}`,
      'job-token': 'glcbt-64_some-job',
    };
    await query(ask, { headers });
    expect(simulator.requests[0]?.headers).toMatchObject(headers);
  });

  it('is trimmed, and its scheme is case-insensitive', async () => {
    const { query, simulator } = await start();
    const answer = await query(ask, { headers: { authorization: `  bearer   ${tokens.alice} ` } });
    expect(answer.data).toEqual({ job: { name: 'unit tests 1/3' } });
    expect(simulator.requests[0]?.headers.authorization).toBe(`Bearer ${tokens.alice}`);
  });

  it('in the URL is ignored', async () => {
    const { url, simulator } = await start();
    const response = await fetch(
      `${url}/graphql?private_token=${tokens.alice}&access_token=${tokens.alice}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: ask }),
      },
    );
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(simulator.requests.map(({ path }) => path)).toEqual(['/api/v4/projects/42/jobs/1001']);
  });

  it('of one caller never reveals data to another', async () => {
    const { query, bugs } = await start();
    const seen = { data: { job: { name: 'unit tests 1/3' } } };
    const answers = await Promise.all(
      [tokens.alice, tokens.mallory, tokens.alice, null].map((token) => query(ask, { token })),
    );
    expect(answers).toMatchObject([
      seen,
      { data: { job: null } },
      seen,
      { data: { job: null }, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
    expect((await query(ask, { token: tokens.mallory })).data).toEqual({ job: null });
    expect(bugs).toEqual([]);
  });
});

describe('Trace context', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('is forwarded', async () => {
    const { query, simulator } = await start({ token: tokens.alice });
    const headers = { traceparent, tracestate: 'vendor=one' };
    await query(ask, { headers });
    expect(simulator.requests[0]?.headers).toMatchObject(headers);
    expect(Object.keys(simulator.requests[0]?.headers ?? {}).sort()).toEqual(
      [...always, 'private-token', 'traceparent', 'tracestate'].sort(),
    );
  });
});

describe('Without a credential', () => {
  it.each([
    ['none', {}],
    ['an empty one', { 'private-token': '' }],
    ['one of blanks', { 'private-token': '   ', authorization: 'Bearer   ' }],
    ['another scheme', { authorization: 'Basic YWxpY2U6c2VjcmV0' }],
  ])('(%s) none is sent to GitLab', async (_name, headers) => {
    const { query, simulator } = await start();
    const answer = await query(ask, { headers });
    expect(codesOf(answer)).toEqual({ job: 'UNAUTHENTICATED' });
    expect(Object.keys(simulator.requests[0]?.headers ?? {}).sort()).toEqual(always);
  });

  it('the token of the gateway is used for reads', async () => {
    const { query, simulator } = await start({ env: { GITLAB_TOKEN: tokens.alice } });
    const answer = await query(ask);
    expect(answer.data).toEqual({ job: { name: 'unit tests 1/3' } });
    expect(simulator.requests[0]?.headers['private-token']).toBe(tokens.alice);
    expect(JSON.stringify(answer)).not.toContain(tokens.alice);
  });

  it('the token of the gateway is not used for callers with a credential', async () => {
    const { query, simulator } = await start({ env: { GITLAB_TOKEN: tokens.alice } });
    const answer = await query(ask, { token: tokens.mallory });
    expect(answer.data).toEqual({ job: null });
    const refused = await query(ask, { token: 'glpat-nobody' });
    expect(codesOf(refused)).toEqual({ job: 'UNAUTHENTICATED' });
    expect(simulator.requests.map(({ headers }) => headers['private-token'])).toEqual([
      tokens.mallory,
      'glpat-nobody',
    ]);
  });
});

describe('A header that cannot contain a token', () => {
  /** Sends header values that `fetch` would reject. They are encoded as Latin-1. */
  function sendRaw(url: string, headers: Record<string, string | string[]>): Promise<string> {
    return new Promise((resolve, reject) => {
      const body = JSON.stringify({ query: ask });
      const request = httpRequest(
        `${url}/graphql`,
        { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve(Buffer.concat(chunks).toString());
        },
      );
      request.on('error', reject).end(body);
    });
  }

  it.each<[string, Record<string, string | string[]>]>([
    ['two words', { 'private-token': 'glpat-one glpat-two' }],
    ['letters that are not ASCII', { 'private-token': 'glpat-grün-secret' }],
    ['a tab', { authorization: 'Bearer secret\tsecret' }],
    ['the same header twice', { 'private-token': ['glpat-one-secret', 'glpat-two-secret'] }],
    ['a second header that is well', { 'job-token': 'se cret', 'private-token': tokens.alice }],
  ])(
    '(%s) is UNAUTHENTICATED without a call, and its value is not in the response',
    async (_name, headers) => {
      const { url, simulator, bugs } = await start({ env: { GITLAB_TOKEN: tokens.alice } });
      const text = await sendRaw(url, headers);
      expect(JSON.parse(text)).toMatchObject({
        errors: [
          {
            message: expect.stringMatching(/^The (PRIVATE-TOKEN|Authorization|JOB-TOKEN) header/),
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      });
      expect(text).not.toMatch(/glpat|secret|se cret/);
      expect(simulator.requests).toEqual([]);
      expect(bugs).toEqual([]);
    },
  );
});
