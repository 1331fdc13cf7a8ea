import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../src/gitlab/client.ts';
import { anonymous, type Credential, readCredential } from '../../src/gitlab/credential.ts';
import { GitlabRateLimitError, isGitlabError } from '../../src/gitlab/errors.ts';
import { aJob, connect, createTestClock, sendJson, serve, startUpstream } from './upstream.ts';

/*
 * All state that outlives a request is keyed by the credential. In these tests, a GitLab names the
 * caller in every response. No caller may receive the name of another one, even if requests are
 * shared, cached, limited or aborted.
 */

const headerNames = ['private-token', 'authorization', 'job-token'] as const;

/**
 * All kinds of credentials: equal values in different headers, and different values in one header.
 */
const callers: Credential[] = [
  { 'private-token': 'same' },
  { 'private-token': 'other' },
  { authorization: 'Bearer same' },
  { authorization: 'Bearer other' },
  { 'job-token': 'same' },
  { 'job-token': 'other' },
  { 'private-token': 'same', 'job-token': 'other' },
  { 'private-token': 'same', authorization: 'Bearer other' },
  { 'private-token': 'other', 'job-token': 'same' },
].map((headers: Record<string, string>) => readCredential((name) => headers[name]));
callers.push(anonymous);

function callerOf(headers: IncomingMessage['headers']): string {
  return headerNames.map((name) => `${name}=${headers[name] ?? ''}`).join('&');
}

function nameOf(credential: Credential): string {
  return callerOf(Object.fromEntries(credential.headers.reveal()));
}

/** Creates a random number generator with a seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/**
 * Starts a GitLab that names the caller in the response to every URL. All successful responses have
 * the same ETag, which is the worst case for cache keys. `random` decides which requests fail.
 */
async function startEcho(random: () => number) {
  return startUpstream((request, response) => {
    const caller = callerOf(request.headers);
    const chance = random();
    if (chance < 0.05) return void response.socket?.destroy();
    if (chance < 0.1) return sendJson(response, { message: caller }, { status: 502 });
    if (chance < 0.15) return sendJson(response, { message: caller }, { status: 404 });
    const etag = 'W/"the-same-for-all"';
    if (request.headers['if-none-match'] === etag) {
      return void response.writeHead(304, { etag }).end();
    }
    const row = aJob(7, { name: caller });
    const [path] = (request.url ?? '').split('?');
    setImmediate(() => {
      if (path?.endsWith('/trace')) response.writeHead(200, { etag }).end(caller);
      else sendJson(response, path?.endsWith('/jobs') ? [row] : row, { headers: { etag } });
    });
  });
}

/** Sends the kind of request that `choice` (0 to 1) selects. Returns the caller in the response. */
async function act(gitlab: Gitlab, choice: number): Promise<string> {
  const job = { project: '1', id: '7' };
  if (choice < 0.4) return (await gitlab.getJob(job)).name ?? '';
  if (choice < 0.6) {
    const page = { kind: 'offset', page: 1, perPage: 20 } as const;
    return (await gitlab.listProjectJobs('1', {}, page)).items[0]?.name ?? '';
  }
  if (choice < 0.8) return (await gitlab.getJobTrace(job)).toString();
  if (choice < 0.9) {
    const chunks: Buffer[] = [];
    for await (const chunk of (await gitlab.openJobTrace(job)).body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }
  return (await gitlab.cancelJob({ ...job, kind: 'BUILD' }, {})).name ?? '';
}

describe('isolation', () => {
  it('holds for concurrent callers with aborts, faults, sharing and revalidation', async () => {
    const random = createRandom(20261122);
    const upstream = await startEcho(random);
    const { as, transport } = connect(upstream.url, {
      connections: 8,
      perCredential: 3,
      random,
      clock: createTestClock(10_000).clock,
    });
    const counter = { calls: 0, coalesced: 0, notModified: 0 };
    const seen = { own: 0, foreign: 0, refused: 0, left: 0 };
    const once = async (credential: Credential): Promise<void> => {
      const caller = new AbortController();
      if (random() < 0.2) setImmediate(() => caller.abort('left'));
      const gitlab = as(credential, { signal: caller.signal, counter });
      try {
        const received = await act(gitlab, random());
        seen[received === nameOf(credential) ? 'own' : 'foreign'] += 1;
      } catch (error) {
        if (isGitlabError(error) && 'gitlabMessage' in error && error.gitlabMessage) {
          // Tokens in the message are redacted, but the names of the headers identify the caller.
          const names = [...String(error.gitlabMessage).matchAll(/([\w-]+)=(?=[^&])/g)].map(
            ([, name]) => name,
          );
          const own = credential.headers.reveal().map(([name]) => name);
          if (names.some((name) => name && !own.includes(name))) seen.foreign += 1;
        }
        const reason = error instanceof Error && error.cause ? error.cause : error;
        if (!isGitlabError(error) && reason !== 'left') throw error;
        seen[isGitlabError(error) ? 'refused' : 'left'] += 1;
      }
    };
    for (let round = 0; round < 40; round++) {
      await Promise.all(
        callers.flatMap((credential) => Array.from({ length: 5 }, () => once(credential))),
      );
    }
    expect(seen.foreign).toBe(0);
    // The test proves something only if each of these outcomes occurred often.
    expect(seen.own).toBeGreaterThan(1000);
    expect(Math.min(seen.refused, seen.left)).toBeGreaterThan(20);
    expect(counter.coalesced).toBeGreaterThan(100);
    expect(counter.notModified).toBeGreaterThan(100);
    await transport.close();
  });

  it('holds for each pair of callers with equal concurrent requests', async () => {
    const upstream = await startEcho(() => 1);
    const { as } = connect(upstream.url);
    for (const one of callers) {
      const received = await Promise.all(
        callers
          .flatMap((other) => [one, other])
          .map(async (credential) => {
            const { name } = await as(credential).getJob({ project: '1', id: '7' });
            return name === nameOf(credential);
          }),
      );
      expect(received).not.toContain(false);
    }
  });

  it('holds for rate limits: an exhausted one delays no other caller', async () => {
    const { upstream, as, transport } = await serve((request, response) => {
      if (callerOf(request.headers) !== nameOf(callers[0] ?? anonymous))
        return sendJson(response, aJob(7));
      const quota = {
        'ratelimit-limit': '9',
        'ratelimit-remaining': '0',
        'ratelimit-reset': '9999999999',
      };
      response.writeHead(429, { 'retry-after': '60', ...quota }).end('Retry later');
    });
    const [limited, ...others] = callers;
    if (!limited) throw new Error('no caller');
    const read = (credential: Credential) => as(credential).getJob({ project: '1', id: '7' });
    await expect(read(limited)).rejects.toBeInstanceOf(GitlabRateLimitError);
    for (const other of others) expect(await read(other)).toMatchObject({ id: 7 });
    await expect(read(limited)).rejects.toBeInstanceOf(GitlabRateLimitError);
    expect(upstream.log).toHaveLength(1 + others.length);
    expect(others.map(({ digest }) => transport.rateLimitOf(digest))).toEqual(
      others.map(() => undefined),
    );
  });

  it('holds for the queue: a hundred calls of one caller do not delay another caller', async () => {
    let answered = 0;
    const upstream = await startUpstream((request, response) => {
      if (callerOf(request.headers) === nameOf(callers[0] ?? anonymous)) return;
      answered += 1;
      sendJson(response, aJob(7));
    });
    const { as } = connect(upstream.url, { connections: 6, perCredential: 4 });
    const [greedy, modest] = callers;
    if (!greedy || !modest) throw new Error('no callers');
    const gone = new AbortController();
    const impatient = as(greedy, { signal: gone.signal });
    const many = Promise.allSettled(
      Array.from({ length: 100 }, (_, id) => impatient.getJob({ project: '1', id: String(id) })),
    );
    expect(await as(modest).getJob({ project: '1', id: '7' })).toMatchObject({ id: 7 });
    expect(answered).toBe(1);
    expect(upstream.log).toHaveLength(5);
    gone.abort('left');
    await many;
  });

  it('holds for writes: a write ends the sharing of its own caller only', async () => {
    const upstream = await startEcho(() => 1);
    const { as } = connect(upstream.url);
    const [one, other] = callers;
    if (!one || !other) throw new Error('no callers');
    const job = { project: '1', id: '7' };
    await as(one).getJob(job);
    await as(other).getJob(job);
    await as(one).cancelJob({ ...job, kind: 'BUILD' }, {});
    await as(other).getJob(job);
    await as(one).getJob(job);
    const tags = upstream.requests.map((request) => Boolean(request.headers['if-none-match']));
    expect(tags).toEqual([false, false, false, true, false]);
  });
});
