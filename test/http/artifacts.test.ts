import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretHeaders } from '../../src/gitlab/credential.ts';
import { type Handler, startUpstream, until } from '../gitlab/upstream.ts';
import { configOf } from '../helpers/config.ts';
import { type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { sendRaw } from './raw-request.ts';

const FILE = Buffer.from([0x50, 0x4b, 3, 4, 0, 0xff, 0xfe, 10]);

const sendFile = (response: ServerResponse, headers: Record<string, string> = {}, bytes = FILE) =>
  response.writeHead(200, { 'content-type': 'application/zip', ...headers }).end(bytes);

const credentials = { 'private-token': tokens.alice };

/**
 * Starts a gateway, a GitLab and an object storage. The test provides the handlers of the last two.
 */
async function start(gitlab: Handler, storage: Handler = () => {}, options: StartOptions = {}) {
  const store = await startUpstream(storage);
  const upstream = await startUpstream(gitlab);
  const env = { GITLAB_URL: upstream.url, ...options.env };
  const { url, bugs } = await startGateway({ ...options, env });
  const get = (path = '/jobs/42/1001/artifacts', init: RequestInit = {}) =>
    fetch(`${url}${path}`, { headers: credentials, ...init });
  return { upstream, store, url, bugs, get };
}

/** Starts a GitLab that redirects downloads to the object storage. */
async function startRedirect(
  storage: Handler,
  options: StartOptions & {
    status?: number;
    headers?: Record<string, string>;
    query?: string;
  } = {},
) {
  const { status = 302, headers = {}, query = '?X-Amz-Signature=s', ...rest } = options;
  let target = '';
  const started = await start(
    (_request, response) => {
      response.writeHead(status, { location: target, ...headers }).end();
    },
    storage,
    rest,
  );
  target = `${started.store.url}/bucket/artifacts.zip${query}`;
  return started;
}

const errorOf = async (response: Response) => [response.status, (await response.json()).error.code];

const smallSimulator = () => {
  const world = smallWorld();
  Object.assign(world.job(Number(small.fullJob)) ?? {}, {
    artifacts: [{ file_type: 'archive', size: 300_000, filename: 'a b.zip', file_format: 'zip' }],
    files: { 'reports/junit.xml': '<testsuite/>', 'page.html': '<script>x</script>' },
  });
  return world;
};

describe('GET /jobs/:project/:id/artifacts', () => {
  it.each(['42', 'group%2Fapp'])(
    'streams the archive of project %s with its name',
    async (project) => {
      const world = smallSimulator();
      const { url, calls, simulator } = await startGateway({ simulator: { world } });
      const response = await fetch(`${url}/jobs/${project}/1001/artifacts`, {
        headers: credentials,
      });
      expect(response.status).toBe(200);
      const direct = await fetch(`${simulator.url}/api/v4/projects/42/jobs/1001/artifacts`, {
        headers: credentials,
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(bytes.equals(Buffer.from(await direct.arrayBuffer()))).toBe(true);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-length': '300000',
        'content-disposition': 'attachment; filename="a b.zip"',
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-store',
        'cross-origin-resource-policy': 'same-origin',
        'accept-ranges': 'none',
      });
      expect(calls()[0]).toBe(`GET /projects/${project}/jobs/1001/artifacts`);
    },
  );

  it('streams one file, also a web page, as a file to save', async () => {
    const { url, calls } = await startGateway({ simulator: { world: smallSimulator() } });
    for (const [path, text] of [
      ['reports/junit.xml', '<testsuite/>'],
      ['page.html', '<script>x</script>'],
    ]) {
      const response = await fetch(`${url}/jobs/42/1001/artifacts/${path}`, {
        headers: credentials,
      });
      expect([response.status, await response.text()]).toEqual([200, text]);
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(response.headers.get('content-disposition')).toMatch(
        /^attachment; filename="[\w.]+"$/,
      );
      expect(calls()).toEqual([`GET /projects/42/jobs/1001/artifacts/${path}`]);
    }
  });

  it.each([
    [
      'a file that is not in the archive',
      '/jobs/42/1001/artifacts/nothing',
      tokens.alice,
      404,
      'NOT_FOUND',
    ],
    ['a job without an archive', '/jobs/42/1002/artifacts', tokens.alice, 404, 'NOT_FOUND'],
    [
      'a file of a job without an archive',
      '/jobs/42/1002/artifacts/a',
      tokens.alice,
      404,
      'NOT_FOUND',
    ],
    ['a stranger', '/jobs/42/1001/artifacts', tokens.mallory, 404, 'NOT_FOUND'],
    ['a guest of a private project', '/jobs/43/1010/artifacts', tokens.gus, 403, 'FORBIDDEN'],
    ['an unknown token', '/jobs/42/1001/artifacts', 'glpat-nobody', 401, 'UNAUTHENTICATED'],
  ])('answers %s as GitLab does', async (_who, path, token, status, code) => {
    const { url, bugs } = await startGateway({ simulator: { world: smallSimulator() } });
    const response = await fetch(`${url}${path}`, { headers: { 'private-token': token } });
    expect(await errorOf(response)).toEqual([status, code]);
    expect(bugs).toEqual([]);
  });

  it('answers 404 once the archive has expired or was erased', async () => {
    const world = smallSimulator();
    const { url } = await startGateway({ simulator: { world } });
    const get = () => fetch(`${url}/jobs/42/1001/artifacts`, { headers: credentials });
    const job = world.job(1001);
    Object.assign(job ?? {}, { artifactsExpireAt: world.now - 1 });
    expect(await errorOf(await get())).toEqual([404, 'NOT_FOUND']);
    Object.assign(job ?? {}, { artifactsExpireAt: null, artifacts: [] });
    expect(await errorOf(await get())).toEqual([404, 'NOT_FOUND']);
  });

  it('passes a job token on', async () => {
    const world = smallSimulator();
    world.addJob(Number(small.pipeline), { id: 900, status: 'running', plan: { frozen: true } });
    world.addToken({ value: 'glcbt-own', job: 900 });
    const { url } = await startGateway({ simulator: { world } });
    const response = await fetch(`${url}/jobs/42/1001/artifacts/page.html`, {
      headers: { 'job-token': 'glcbt-own' },
    });
    expect(response.status).toBe(200);
  });

  it.each(['HEAD', 'POST', 'DELETE'])('refuses %s', async (method) => {
    const { get, upstream } = await start(() => {});
    const response = await get('/jobs/42/1001/artifacts', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
    expect(upstream.log).toEqual([]);
  });

  it('sends the whole file for a range', async () => {
    const { get, upstream } = await start((_request, response) => void sendFile(response));
    const response = await get(undefined, { headers: { ...credentials, range: 'bytes=0-1' } });
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([
      200,
      FILE.length,
    ]);
    expect(upstream.requests[0]?.headers).not.toHaveProperty('range');
    expect(upstream.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('does not take a web page of another server for a file', async () => {
    const { get } = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<form>Sign in</form>');
    });
    expect(await errorOf(await get())).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
  });

  it('does not take another server’s 404 for GitLab’s', async () => {
    const { get } = await start((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
    });
    expect(await errorOf(await get())).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
  });

  it('breaks off where GitLab’s response breaks off', async () => {
    const { get, bugs } = await start((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write(FILE, () => response.destroy());
    });
    const read = get().then((response) => response.arrayBuffer());
    await expect(read).rejects.toThrow(/terminated|fetch failed/);
    expect(bugs).toEqual([]);
  });
});

describe('downloads of artifacts and logs', () => {
  it('count together: one more than the limit is refused before a call', async () => {
    const { get, upstream } = await start(() => {});
    const caller = new AbortController();
    for (const path of ['trace', 'artifacts', 'artifacts/a']) {
      for (let at = 0; at < 4; at += 1) {
        get(`/jobs/42/1001/${path}`, { signal: caller.signal }).catch(() => {});
      }
    }
    await expect.poll(() => upstream.log.length).toBe(12);
    const refused = await get();
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await errorOf(refused)).toEqual([429, 'RATE_LIMITED']);
    expect(upstream.log).toHaveLength(12);
    caller.abort();
  });
});

describe('a download that GitLab refuses for some time', () => {
  it.each([
    ['429', 'trace', 429],
    ['429', 'artifacts', 429],
    ['429', 'artifacts/page.html', 429],
    ['maintenance', 'trace', 502],
    ['maintenance', 'artifacts', 502],
  ] as const)('says when to try again: %s, %s', async (kind, path, status) => {
    const { url, simulator } = await startGateway({ simulator: { world: smallSimulator() } });
    simulator.fail({ kind, retryAfter: 90 });
    const refused = await fetch(`${url}/jobs/42/1001/${path}`, { headers: credentials });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([status, '90']);
    expect(simulator.requests).toHaveLength(1);
  });

  it('does not say it if GitLab names no time', async () => {
    const { url, simulator } = await startGateway({ simulator: { world: smallSimulator() } });
    simulator.fail({ kind: '429-json' });
    const refused = await fetch(`${url}/jobs/42/1001/trace`, { headers: credentials });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, null]);
  });
});

describe('the name of the file', () => {
  it.each([
    ['attachment; filename="build 1.zip"', 'attachment; filename="build 1.zip"'],
    [
      `attachment; filename="x"; filename*=UTF-8''b%C3%BC.zip`,
      `attachment; filename="b_.zip"; filename*=UTF-8''b%C3%BC.zip`,
    ],
    ['attachment; filename="../../etc/passwd"', 'attachment; filename="passwd"'],
    ['attachment; filename="..\\\\..\\\\a.bat"', 'attachment; filename="a.bat"'],
    ['attachment; filename=".."', 'attachment; filename="download"'],
    [`attachment; filename*=UTF-8''a%0D%0Ax-evil:%201%22`, 'attachment; filename="a__x-evil_ 1_"'],
    ['inline; filename=plain.txt', 'attachment; filename="plain.txt"'],
    ['attachment', 'attachment; filename="artifacts.zip"'],
  ])('of %s is %s', async (sent, expected) => {
    const { get } = await start((_request, response) => {
      sendFile(response, { 'content-disposition': sent });
    });
    const response = await get();
    expect(response.headers.get('content-disposition')).toBe(expected);
    expect(response.headers.has('x-evil')).toBe(false);
  });
});

describe('a redirect to object storage', () => {
  it.each([301, 302, 303, 307, 308])(
    'with status %i is followed once, without a credential',
    async (status) => {
      const { get, store, upstream } = await startRedirect(
        (_request, response) =>
          void sendFile(response, { 'content-disposition': 'inline', 'x-evil': '1' }),
        { status },
      );
      const response = await get(undefined, {
        headers: {
          ...credentials,
          authorization: 'Bearer oauth-1',
          'job-token': 'glcbt-1',
          traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        },
      });
      expect([response.status, Buffer.from(await response.arrayBuffer())]).toEqual([200, FILE]);
      expect(response.headers.get('content-disposition')).toBe(
        'attachment; filename="artifacts.zip"',
      );
      expect(response.headers.has('x-evil')).toBe(false);
      expect(upstream.requests[0]?.headers).toMatchObject({
        ...credentials,
        'job-token': 'glcbt-1',
      });
      expect(store.log).toEqual(['GET /bucket/artifacts.zip?X-Amz-Signature=s']);
      expect(Object.keys(store.requests[0]?.headers ?? {}).sort()).toEqual([
        ...['accept', 'accept-encoding', 'connection', 'host', 'user-agent'],
      ]);
    },
  );

  it('has no header of an access proxy', async () => {
    const { network } = configOf({ GITLAB_URL: 'http://localhost' });
    const headers = new SecretHeaders([['x-access', 'secret-of-the-proxy']]);
    const { get, store, upstream } = await startRedirect(
      (_request, response) => void sendFile(response),
      { config: { network: { ...network, headers } } },
    );
    expect((await get()).status).toBe(200);
    expect(upstream.requests[0]?.headers['x-access']).toBe('secret-of-the-proxy');
    expect(store.requests[0]?.headers).not.toHaveProperty('x-access');
  });

  it.each([
    ['its own header', { 'content-disposition': 'attachment; filename="a.zip"' }, ''],
    [
      'a parameter of S3',
      {},
      '?response-content-disposition=attachment%3B%20filename%3D%22a.zip%22',
    ],
    ['a parameter of Azure', {}, '?rscd=attachment%3B%20filename%3D%22a.zip%22'],
  ])('takes the name of the file from %s', async (_from, headers, query) => {
    const { get } = await startRedirect((_request, response) => void sendFile(response), {
      headers,
      query,
    });
    expect((await get()).headers.get('content-disposition')).toBe('attachment; filename="a.zip"');
  });

  it('that does not answer is UPSTREAM_UNAVAILABLE', async () => {
    const { get } = await startRedirect(() => {}, {
      transport: { timeouts: { headersMs: 300 } },
    });
    const response = await get();
    expect(response.status).toBe(502);
    expect((await response.json()).error).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: 'The storage of the file did not answer in time.',
    });
  });

  it('works with the simulated storage', async () => {
    const simulator = { world: smallSimulator(), objectStorage: true };
    const started = await startGateway({ simulator });
    const response = await fetch(`${started.url}/jobs/42/1001/artifacts`, { headers: credentials });
    expect((await response.arrayBuffer()).byteLength).toBe(300_000);
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="a b.zip"');
    expect(started.simulator.storage?.requests).toHaveLength(1);
    expect(started.calls()).toEqual(['GET /projects/42/jobs/1001/artifacts']);
  });

  it.each([
    [404, [404, 'NOT_FOUND']],
    ...[301, 302, 303, 307, 308, 400, 401, 403, 416, 429, 500, 503, 504, 204, 206].map(
      (status) => [status, [502, 'UPSTREAM_UNAVAILABLE']] as const,
    ),
  ] as const)(
    'that the storage answers with %i is %j, without its address',
    async (status, expected) => {
      const { get, store, upstream, bugs } = await startRedirect((_request, response) => {
        const location = { location: 'http://127.0.0.1:9/secret' };
        response.writeHead(status, status < 400 ? location : {}).end();
      });
      const response = await get();
      const text = await response.text();
      expect([response.status, JSON.parse(text).error.code]).toEqual(expected);
      expect(text).not.toMatch(/127\.0\.0\.1|secret|bucket|Signature/);
      expect([upstream.log.length, store.log.length]).toEqual([1, 1]);
      expect(bugs).toEqual([]);
    },
  );

  it.each(['ftp://127.0.0.1/a', 'file:///etc/passwd', 'data:text/plain,a', 'http://', ''])(
    'to %j is not followed',
    async (location) => {
      const { get } = await start((_request, response) => {
        response.writeHead(302, location ? { location } : {}).end();
      });
      expect(await errorOf(await get())).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
    },
  );

  it('to a server that does not answer is an error without its address', async () => {
    const { get, upstream } = await start((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/secret' }).end();
    });
    const response = await get();
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.code]).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
    expect(text).not.toMatch(/127\.0\.0\.1|secret|GITLAB_URL/);
    expect(upstream.log).toHaveLength(1);
  });

  it('breaks off where the storage breaks off', async () => {
    const { get, bugs } = await startRedirect((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write(FILE, () => response.destroy());
    });
    const read = get().then((response) => response.arrayBuffer());
    await expect(read).rejects.toThrow(/terminated|fetch failed/);
    expect(bugs).toEqual([]);
  });

  it('of a renamed project is GitLab’s own and is sent with the credential', async () => {
    const world = smallSimulator();
    world.moveProject(42, 'group/renamed');
    const { url, calls } = await startGateway({ simulator: { world } });
    const response = await fetch(`${url}/jobs/group%2Fapp/1001/artifacts/page.html`, {
      headers: credentials,
    });
    expect(response.status).toBe(200);
    expect(calls()).toEqual([
      'GET /projects/group%2Fapp/jobs/1001/artifacts/page.html',
      'GET /projects/42/jobs/1001/artifacts/page.html',
    ]);
  });

  it('is not followed for anything but a file', async () => {
    const { get, store } = await startRedirect((_request, response) => void sendFile(response));
    expect(await errorOf(await get('/jobs/42/1001/trace'))).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
    expect(store.log).toEqual([]);
  });
});

/** Creates a handler that sends as fast as its reader reads. `state.sent` is the number of bytes. */
function createSource() {
  const state = { sent: 0, isWaiting: false, isClosed: false };
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const handler: Handler = (_request, response) => {
    response.writeHead(200);
    response.once('close', () => {
      state.isClosed = true;
    });
    const write = () => {
      while (!response.destroyed) {
        state.sent += chunk.length;
        state.isWaiting = !response.write(chunk);
        if (state.isWaiting) return void response.once('drain', write);
      }
    };
    write();
  };
  return { state, handler };
}

describe.each(['GitLab', 'the storage'])('a long file from %s', (from) => {
  const startSource = async () => {
    const { state, handler } = createSource();
    const started = from === 'GitLab' ? await start(handler) : await startRedirect(handler);
    return { ...started, state };
  };

  it('is not read further than the buffers while its reader takes nothing', async () => {
    const { url, state } = await startSource();
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `GET /jobs/42/1001/artifacts HTTP/1.1\r\nhost: localhost\r\nprivate-token: ${tokens.alice}\r\n\r\n`,
    );
    await once(socket, 'readable');
    // Waits until all buffers are full: the kernel's buffers for two connections, and the buffers
    // of the streams between them.
    let sent = -1;
    await expect
      .poll(
        () => {
          const isStill = state.isWaiting && state.sent === sent;
          sent = state.sent;
          return isStill;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(state.sent).toBeLessThan(32 * 1024 * 1024);
    socket.destroy();
    await until(() => state.isClosed);
  });

  it('is no longer read once its reader disconnects', async () => {
    const { get, state, bugs } = await startSource();
    const caller = new AbortController();
    const response = await get(undefined, { signal: caller.signal });
    await response.body?.getReader().read();
    caller.abort();
    await until(() => state.isClosed);
    expect(bugs).toEqual([]);
  });
});

describe('the path of a file', () => {
  const bad = [
    ...[
      '',
      '/',
      'a/',
      '/a',
      'a//b',
      '.',
      '..',
      'a/..',
      '../a',
      'a/./b',
      '%2e',
      '%2E%2e/a',
      'a/%2e%2E',
    ],
    ...[
      '%252e%252e',
      '%25252e%25252e/a',
      '.%252e',
      'a%2Fb',
      'a%252fb',
      '..%2f..',
      'a%5Cb',
      '..%5C..',
    ],
    ...['%255c', 'a%', '%zz', '%ff', '%2e%2e%2f', '%25%32%65%25%32%65'],
  ];
  it.each(bad)('%j is refused without a call', async (path) => {
    const { url, upstream } = await start((_request, response) => void sendFile(response));
    const request = { method: 'GET', path: `/jobs/42/1001/artifacts/${path}` };
    expect((await sendRaw(url, request)).status).toBe(400);
    expect(upstream.log).toEqual([]);
  });

  it('arrives at GitLab’s router as the caller names it, or is refused', async () => {
    const { url, upstream } = await start((_request, response) => void sendFile(response));
    const part = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        '.',
        '..',
        '%2e',
        '%2e%2e',
        '%252e.',
        'a%20b',
        '%',
        '?',
        '#',
        'a b',
        ';',
        '\\',
        '+',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), async (names) => {
        const path = `/jobs/42/1001/artifacts/${names.map(encodeURIComponent).join('/')}`;
        const { status } = await sendRaw(url, { method: 'GET', path });
        const [call] = upstream.log.splice(0);
        expect(call === undefined).toBe(status === 400);
        if (call === undefined) return;
        const sent = call.replace('GET /api/v4/projects/42/jobs/1001/artifacts/', '');
        expect(sent.split('/').map(decodeURIComponent)).toEqual(names);
        expect(names.every((name) => name !== '' && !/^\.{1,2}$/.test(name))).toBe(true);
      }),
    );
  });
});
