import { getEventListeners } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  GitlabMisroutedError,
  GitlabNetworkError,
  GitlabResponseError,
  GitlabTimeoutError,
} from '../../../src/gitlab/errors.ts';
import type { CallEvent } from '../../../src/gitlab/request.ts';
import { aJob, connect, createTestClock, sendJson, startUpstream, until } from '../upstream.ts';

const job = { project: '1', id: '7' };
const write = { ...job, kind: 'BUILD' } as const;

/** Starts a TCP server. `answer` gets each socket after its first data, and writes raw bytes. */
async function startTcp(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const quick = () => ({ random: () => 0, clock: createTestClock(10_000).clock });

describe('failures of the connection', () => {
  it('refused: nothing was sent', async () => {
    const upstream = await startUpstream(() => {});
    await upstream.close();
    const { gitlab } = connect(upstream.url, quick());
    for (const call of [() => gitlab.getJob(job), () => gitlab.retryJob(write, {})]) {
      await expect(call()).rejects.toMatchObject({ name: 'GitlabNetworkError', sent: false });
    }
  });

  it('no such host: nothing was sent', async () => {
    const { gitlab } = connect('http://no-such-host.invalid', quick());
    await expect(gitlab.eraseJob(write)).rejects.toMatchObject({
      code: 'GITLAB_NETWORK',
      sent: false,
    });
  });

  it('broken before, within and after the headers: the outcome is unknown', async () => {
    const bytes = [
      '',
      'HTTP/1.1 200 OK\r\ncontent-le',
      'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id":',
    ];
    for (const text of bytes) {
      const url = await startTcp((socket) => socket.end(text));
      const error = await connect(url)
        .gitlab.eraseJob(write)
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(GitlabNetworkError);
      expect(error).toMatchObject({ sent: true, method: 'POST', path: '/projects/1/jobs/7/erase' });
    }
  });

  it('something that is not HTTP', async () => {
    const url = await startTcp((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await expect(connect(url).gitlab.eraseJob(write)).rejects.toBeInstanceOf(GitlabNetworkError);
  });

  it('a closed transport', async () => {
    const { gitlab, transport } = connect('http://127.0.0.1:9', quick());
    await transport.close();
    await expect(gitlab.eraseJob(write)).rejects.toMatchObject({ sent: false });
  });
});

describe('deadlines', () => {
  it('for the headers and for a pause in the body', async () => {
    const silent = await startUpstream(() => {});
    const headers = connect(silent.url, { timeouts: { headersMs: 30 } }).gitlab.getJob(job);
    await expect(headers).rejects.toMatchObject({
      code: 'GITLAB_TIMEOUT',
      phase: 'headers',
      sent: true,
    });
    expect(silent.log).toHaveLength(1);
    const halting = await startUpstream((_, response) => void response.write('{"id"'));
    const body = connect(halting.url, { timeouts: { bodyMs: 30 } }).gitlab.getJob(job);
    await expect(body).rejects.toMatchObject({ phase: 'body', sent: true });
  });

  it('for the connection: nothing was sent', async () => {
    // This server accepts connections, but never completes the TLS handshake.
    const url = (await startTcp(() => {})).replace('http:', 'https:');
    const call = connect(url, { timeouts: { connectMs: 20 } }).gitlab.eraseJob(write);
    await expect(call).rejects.toMatchObject({ phase: 'connect', sent: false });
  });

  it('for the whole call, whether sent or still queued', async () => {
    const upstream = await startUpstream(() => {});
    const { clock, advance } = createTestClock();
    const { gitlab } = connect(upstream.url, {
      clock,
      connections: 1,
      timeouts: { totalMs: 5_000 },
    });
    const [sent, waiting] = [gitlab.eraseJob(write), gitlab.playJob(write, {})];
    const both = Promise.allSettled([sent, waiting]);
    await until(() => upstream.log.length === 1);
    advance(5_000);
    expect(await both).toMatchObject([
      { reason: { code: 'GITLAB_TIMEOUT', phase: 'total', sent: true } },
      { reason: { code: 'GITLAB_TIMEOUT', phase: 'total', sent: false } },
    ]);
    expect(upstream.log).toHaveLength(1);
  });
});

describe('the caller’s signal', () => {
  it('aborts a running call on both sides, with its own reason', async () => {
    let closed = false;
    const upstream = await startUpstream((_, response) => {
      response.on('close', () => {
        closed = true;
      });
    });
    const caller = new AbortController();
    const { as, gitlab } = connect(upstream.url);
    const call = as(gitlab.credential, { signal: caller.signal }).eraseJob(write);
    const ended = expect(call).rejects.toBe('left');
    await until(() => upstream.log.length === 1);
    caller.abort('left');
    await ended;
    await until(() => closed);
  });

  it('serves a hundred calls without a warning or a remaining listener', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const upstream = await startUpstream((request, response) =>
      sendJson(response, aJob(Number(/jobs\/(\d+)/.exec(request.url ?? '')?.[1]))),
    );
    const { signal } = new AbortController();
    const { as, gitlab } = connect(upstream.url);
    const mine = as(gitlab.credential, { signal });
    await Promise.all(
      Array.from({ length: 100 }, (_, id) => mine.getJob({ project: '1', id: String(id) })),
    );
    await mine.eraseJob(write);
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('leaves no listener when a stream cannot be opened', async () => {
    const upstream = await startUpstream((_, response) => sendJson(response, {}, { status: 500 }));
    const { signal } = new AbortController();
    const { as, gitlab } = connect(upstream.url);
    const mine = as(gitlab.credential, { signal });
    await expect(mine.openJobTrace({ project: '1', id: '7' })).rejects.toThrow();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('prevents a call if it is aborted before the call or in the queue', async () => {
    const upstream = await startUpstream(() => {});
    const { as, gitlab } = connect(upstream.url, { connections: 1 });
    const gone = as(gitlab.credential, { signal: AbortSignal.abort(new Error('left')) });
    await expect(gone.getJob(job)).rejects.toThrow('left');
    await expect(gone.eraseJob(write)).rejects.toMatchObject({ phase: 'total', sent: false });
    const first = gitlab.getProject('1').catch(() => {});
    const caller = new AbortController();
    const second = as(gitlab.credential, { signal: caller.signal }).getJob(job);
    const ended = expect(second).rejects.toThrow('left');
    await until(() => upstream.log.length === 1);
    caller.abort(new Error('left'));
    await ended;
    expect(upstream.log).toHaveLength(1);
    await upstream.close();
    await first;
  });
});

describe('bodies', () => {
  const serve = (body: Buffer | string, headers: Record<string, string>) =>
    startUpstream((_, response) => void response.writeHead(200, headers).end(body));

  it('are decompressed', async () => {
    const body = gzipSync(JSON.stringify(aJob(7)));
    const upstream = await serve(body, { 'content-encoding': 'gzip' });
    expect(await connect(upstream.url).gitlab.getJob(job)).toMatchObject({ id: 7 });
  });

  it.each<[string, Buffer | string, Record<string, string>]>([
    ['broken compression', 'not gzip', { 'content-encoding': 'gzip' }],
    ['an encoding that was not requested', 'x', { 'content-encoding': 'br' }],
    ['one larger than allowed', 'x'.repeat(2000), {}],
    [
      'one that grows larger than allowed',
      gzipSync('x'.repeat(100_000)),
      { 'content-encoding': 'gzip' },
    ],
  ])('%s is rejected', async (_, body, headers) => {
    const upstream = await serve(body, headers);
    const { gitlab } = connect(upstream.url, { maxBodyBytes: 1000 });
    await expect(gitlab.getJobTrace(job)).rejects.toBeInstanceOf(GitlabResponseError);
    expect(upstream.log).toHaveLength(1);
  });
});

describe('a job’s log', () => {
  it('is returned byte for byte, and empty if there is none', async () => {
    const bytes = Buffer.from([0x1b, 0x5b, 0xff, 0xfe, 0x0d, 0x0a, 0x00]);
    const upstream = await startUpstream((request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(request.url?.includes('/8/') ? '' : bytes);
    });
    const { gitlab } = connect(upstream.url);
    expect(await gitlab.getJobTrace(job)).toEqual(bytes);
    expect(await gitlab.getJobTrace(job, { byteOffset: 0 })).toEqual(bytes);
    expect(await gitlab.getJobTrace({ project: '1', id: '8' })).toEqual(Buffer.alloc(0));
    expect(upstream.log[1]).toBe('GET /api/v4/projects/1/jobs/7/trace?byte_offset=0');
  });

  it('rejects a proxy’s web page', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<p>Sign in</p>');
    });
    const { gitlab } = connect(upstream.url);
    await expect(gitlab.getJobTrace(job)).rejects.toBeInstanceOf(GitlabMisroutedError);
    await expect(gitlab.openJobTrace(job)).rejects.toBeInstanceOf(GitlabMisroutedError);
  });

  it('streams, decompressed if necessary', async () => {
    const text = 'line\n'.repeat(50_000);
    const upstream = await startUpstream((request, response) => {
      const gzip = request.url?.includes('/8/');
      response.writeHead(200, {
        'content-type': 'text/plain',
        ...(gzip && { 'content-encoding': 'gzip' }),
      });
      response.end(gzip ? gzipSync(text) : text);
    });
    const { gitlab } = connect(upstream.url);
    for (const id of ['7', '8']) {
      const { body, status, headers } = await gitlab.openJobTrace({ project: '1', id });
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe(text);
      expect([status, headers['content-type']]).toEqual([200, 'text/plain']);
    }
  });

  it('streams with backpressure, and stops when its reader closes it', async () => {
    const size = 64 * 1024 * 1024;
    let [written, closed] = [0, false];
    const upstream = await startUpstream((_, response) => {
      response.on('close', () => {
        closed = true;
      });
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (written < size && !closed) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    const { body } = await connect(upstream.url).gitlab.openJobTrace(job);
    // Waits until the buffers of the sockets are full, so that the transfer pauses.
    let last = -1;
    let still = 0;
    await until(() => {
      still = written === last ? still + 1 : 0;
      last = written;
      return still > 200;
    });
    expect(written).toBeLessThan(size / 2);
    body.destroy();
    await until(() => closed);
  });

  it('reports error responses like any other call', async () => {
    const upstream = await startUpstream((_, response) =>
      sendJson(response, { message: '403 Forbidden' }, { status: 403 }),
    );
    const call = connect(upstream.url).gitlab.openJobTrace(job);
    await expect(call).rejects.toMatchObject({ status: 403, gitlabMessage: '403 Forbidden' });
  });

  it('fails when the connection breaks or the caller aborts', async () => {
    const upstream = await startUpstream((request, response) => {
      response.write('beginning');
      if (request.url?.includes('/8/')) setImmediate(() => response.destroy());
    });
    const caller = new AbortController();
    const { as, gitlab } = connect(upstream.url);
    const read = async (id: string) => {
      const { body } = await as(gitlab.credential, { signal: caller.signal }).openJobTrace({
        project: '1',
        id,
      });
      for await (const _ of body) if (id === '7') caller.abort(new Error('left'));
    };
    await expect(read('8')).rejects.toBeInstanceOf(GitlabNetworkError);
    await expect(read('7')).rejects.toThrow('left');
  });

  it.each<[string, Buffer | string, string]>([
    ['broken compression', 'not gzip', 'gzip'],
    ['compression without its end', gzipSync('line\n'.repeat(50_000)).subarray(0, -9), 'gzip'],
    ['an encoding that was not requested', 'x', 'br'],
  ])('rejects %s and releases its slot', async (_, body, encoding) => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(body);
    });
    const { gitlab } = connect(upstream.url, { connections: 1 });
    const read = async () => {
      for await (const _ of (await gitlab.openJobTrace(job)).body);
    };
    await expect(read()).rejects.toBeInstanceOf(GitlabResponseError);
    await expect(read()).rejects.toMatchObject({ code: 'GITLAB_RESPONSE', status: 200 });
    expect(upstream.log).toHaveLength(2);
  });

  it('fails with the connection’s error if it is compressed', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.write(gzipSync('line\n'.repeat(50_000)).subarray(0, -9));
      setImmediate(() => response.destroy());
    });
    const { body } = await connect(upstream.url).gitlab.openJobTrace(job);
    const read = async () => {
      for await (const _ of body);
    };
    await expect(read()).rejects.toBeInstanceOf(GitlabNetworkError);
  });

  it('is not requested if its reader leaves while waiting for a connection', async () => {
    const upstream = await startUpstream((_, response) => void response.write('slow'));
    const { as, gitlab } = connect(upstream.url, { connections: 1 });
    const first = await gitlab.openJobTrace(job);
    const caller = new AbortController();
    const second = as(gitlab.credential, { signal: caller.signal }).openJobTrace(job);
    const third = gitlab.openJobTrace({ project: '1', id: '8' });
    const ended = expect(second).rejects.toThrow('left');
    await new Promise(setImmediate);
    caller.abort(new Error('left'));
    await ended;
    first.body.destroy();
    (await third).body.destroy();
    expect(upstream.log.map((line) => line.split('/').at(-2))).toEqual(['7', '8']);
  });

  it('does not delay other calls', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url?.endsWith('trace')) response.write('slow');
      else sendJson(response, aJob(7));
    });
    const { gitlab } = connect(upstream.url, { connections: 2 });
    const streams = await Promise.all([gitlab.openJobTrace(job), gitlab.openJobTrace(job)]);
    expect(await gitlab.getJob(job)).toMatchObject({ id: 7 });
    for (const { body } of streams) body.destroy();
  });
});

describe('moved projects', () => {
  const start = (location: string) =>
    startUpstream((request, response) => {
      if (request.url?.includes('/projects/42/')) return sendJson(response, aJob(7));
      if (request.method !== 'GET') {
        const message = 'Non GET methods are not allowed for moved projects';
        return sendJson(response, { message }, { status: 405 });
      }
      response.writeHead(301, { location, 'content-type': 'text/plain' }).end('moved');
    });

  it('are followed by their numeric id, on the configured server only', async () => {
    const elsewhere = await startUpstream((_, response) => sendJson(response, aJob(666)));
    const upstream = await start(`${elsewhere.url}/gitlab/api/v4/projects/42/jobs/7?x=1`);
    const { gitlab } = connect(upstream.url);
    expect(await gitlab.getJob({ project: 'old/name', id: '7' })).toMatchObject({
      id: 7,
      project_id: '42',
    });
    expect(upstream.log).toEqual([
      'GET /api/v4/projects/old%2Fname/jobs/7',
      'GET /api/v4/projects/42/jobs/7',
    ]);
    expect(elsewhere.log).toEqual([]);
  });

  it.each([
    'https://evil.example/steal',
    'https://gitlab.example.com/api/v4/projects/old%2Fname/jobs/7',
    'https://gitlab.example.com/api/v4/projects/42/jobs/8',
    'https://gitlab.example.com/api/v4/projects/42/jobs/7/trace',
    'https://gitlab.example.com/api/v4/projects/42',
    '',
  ])('are not followed to %j', async (location) => {
    const upstream = await start(location);
    const call = connect(upstream.url).gitlab.getJob({ project: 'old/name', id: '7' });
    await expect(call).rejects.toMatchObject({ code: 'GITLAB_MISROUTED', status: 301 });
    expect(upstream.log).toHaveLength(1);
  });

  it('are followed once', async () => {
    const upstream = await start('/api/v4/projects/43/jobs/7');
    const call = connect(upstream.url).gitlab.getJob({ project: 'old/name', id: '7' });
    await expect(call).rejects.toMatchObject({ code: 'GITLAB_MISROUTED', status: 301 });
    expect(upstream.log).toHaveLength(2);
  });

  it('are not assumed for a project that was requested by its number', async () => {
    const upstream = await start('https://gitlab.example.com/api/v4/projects/42/jobs/7');
    const call = connect(upstream.url).gitlab.getJob({ project: '43', id: '7' });
    await expect(call).rejects.toMatchObject({ code: 'GITLAB_MISROUTED', status: 301 });
    expect(upstream.log).toHaveLength(1);
  });

  it('reject writes, which are not redirected', async () => {
    const upstream = await start('');
    const call = connect(upstream.url).gitlab.cancelJob({ ...write, project: 'old/name' }, {});
    await expect(call).rejects.toMatchObject({ status: 405 });
    expect(upstream.log).toHaveLength(1);
  });

  it('do not redirect a write, whatever its response', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url?.includes('/42/')) return sendJson(response, aJob(7));
      response.writeHead(301, { location: '/api/v4/projects/42/jobs/7' }).end();
    });
    const call = connect(upstream.url).gitlab.eraseJob(write);
    await expect(call).rejects.toMatchObject({ code: 'GITLAB_MISROUTED', status: 301 });
    expect(upstream.log).toHaveLength(1);
  });

  it.each([302, 303, 307, 308])('are not followed for %i', async (status) => {
    const upstream = await startUpstream(
      (_, response) =>
        void response.writeHead(status, { location: '/api/v4/projects/42/jobs/7' }).end(),
    );
    await expect(connect(upstream.url).gitlab.getJob(job)).rejects.toMatchObject({ status });
    expect(upstream.log).toHaveLength(1);
  });
});

describe('call events', () => {
  it('contain template, status and duration, and are counted for the operation', async () => {
    const upstream = await startUpstream((request, response) => {
      const headers = { 'x-request-id': `R${upstream.log.length}` };
      if (request.url?.includes('/8/')) return void response.socket?.destroy();
      sendJson(response, aJob(7), { headers });
    });
    const events: CallEvent[] = [];
    const { as, gitlab } = connect(upstream.url, {
      ...quick(),
      onCall: (event) => events.push(event),
    });
    const counter = { calls: 0, coalesced: 0, notModified: 0, requestIds: [] as string[] };
    const mine = as(gitlab.credential, { counter });
    await mine.getJob(job);
    await mine.eraseJob({ ...write, id: '8' }).catch(() => {});
    await mine.getJob({ project: '43', id: '7' });
    const template = '/projects/:id/jobs/:id';
    expect(events).toMatchObject([
      { template, method: 'GET', status: 200, outcome: 'call' },
      { template: `${template}/erase`, method: 'POST', outcome: 'call' },
      { template, method: 'GET', status: 200, outcome: 'call' },
    ]);
    expect(counter).toEqual({ calls: 3, coalesced: 0, notModified: 0, requestIds: ['R1', 'R3'] });
    expect(JSON.stringify(events)).not.toContain('glpat');
  });

  it('may be wrapped: each exchange separately, including retries', async () => {
    const upstream = await startUpstream((_, response) =>
      upstream.log.length === 1 ? void response.writeHead(502).end() : sendJson(response, aJob(7)),
    );
    const spans: number[] = [];
    const { gitlab } = connect(upstream.url, {
      ...quick(),
      around: (exchange) => async (call) => {
        const answer = await exchange({ ...call, traceContext: { traceparent: '00-a-b-01' } });
        spans.push(answer.status);
        return answer;
      },
    });
    await gitlab.getJob(job);
    expect(spans).toEqual([502, 200]);
    expect(upstream.requests[1]?.headers['traceparent']).toBe('00-a-b-01');
  });
});

it('names the phase of a timeout', () => {
  const error = new GitlabTimeoutError(
    { phase: 'total', sent: true },
    { method: 'GET', path: '/job' },
  );
  expect(error.message).toBe('GitLab did not answer in time (total) (GET /job)');
});
