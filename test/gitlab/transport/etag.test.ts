import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../../src/gitlab/client.ts';
import { collectGarbage } from '../../helpers/collect-garbage.ts';
import { aJob, connect, sendJson, serve, startUpstream, tokenOf } from '../upstream.ts';

const job = { project: '1', id: '7' };
const page = { kind: 'offset', page: 1, perPage: 1 } as const;

/** Starts a GitLab whose ETag and job change only when the test changes `state.version`. */
async function startTagged(
  options: { headers?: () => Record<string, string>; size?: number } = {},
) {
  const state = { version: 'v1' };
  const upstream = await startUpstream((request, response) => {
    const etag = `W/"${state.version}"`;
    const headers = { etag, ...options.headers?.() };
    if (request.method === 'POST') return sendJson(response, aJob(7), { headers });
    if (request.headers['if-none-match'] === etag)
      return void response.writeHead(304, headers).end();
    if (request.url?.includes('/trace')) {
      return void response.writeHead(200, { ...headers, 'content-type': 'text/plain' }).end('log');
    }
    const row = aJob(7, { name: state.version, web_url: 'x'.repeat(options.size ?? 0) });
    sendJson(response, /jobs\?|jobs$/.test(request.url ?? '') ? [row] : row, { headers });
  });
  const asked = () => upstream.requests.map((request) => request.headers['if-none-match']);
  return { upstream, state, asked };
}

describe('a cached response', () => {
  it('is revalidated by its ETag and parsed once, on the first 304', async () => {
    const { upstream, asked } = await startTagged();
    const { as, gitlab } = connect(upstream.url);
    const first = await gitlab.getJob(job);
    const counter = { calls: 0, coalesced: 0, notModified: 0 };
    const second = await as(gitlab.credential, { counter }).getJob(job);
    expect(second).toEqual(first);
    expect(await gitlab.getJob(job)).toBe(second);
    expect(asked()).toEqual([undefined, 'W/"v1"', 'W/"v1"']);
    expect(counter).toEqual({ calls: 1, coalesced: 0, notModified: 1 });
  });

  it('is replaced by a new response', async () => {
    const { upstream, state, asked } = await startTagged();
    const { gitlab } = connect(upstream.url);
    await gitlab.getJob(job);
    state.version = 'v2';
    expect(await gitlab.getJob(job)).toMatchObject({ name: 'v2' });
    expect(await gitlab.getJob(job)).toMatchObject({ name: 'v2' });
    expect(asked()).toEqual([undefined, 'W/"v1"', 'W/"v2"']);
  });

  it('takes its page information from the 304, since the ETag covers the body only', async () => {
    let total = 5;
    const { upstream } = await startTagged({
      headers: () => ({ 'x-total': String(total), 'x-next-page': '2' }),
    });
    const { gitlab } = connect(upstream.url);
    const list = () => gitlab.listPipelineJobs({ project: '1', id: '2' }, {}, page);
    const first = await list();
    total = 6;
    const second = await list();
    expect([first.total, second.total]).toEqual([5, 6]);
    expect(second.items).toEqual(first.items);
    expect((await list()).items[0]).toBe(second.items[0]);
  });

  it('becomes the last page if the 304 has no Link, unless a proxy stripped it', async () => {
    const first = { kind: 'keyset', direction: 'older', perPage: 2 } as const;
    const link = '<https://x/api/v4/projects/1/jobs?cursor=x>; rel="next"';
    let headers: Record<string, string> = { 'x-request-id': '01A', link };
    const { upstream, asked } = await startTagged({ headers: () => headers });
    const { gitlab } = connect(upstream.url);
    const hasNext = async () => (await gitlab.listProjectJobs('1', {}, first)).hasNext;
    expect(await hasNext()).toBe(true);
    headers = {};
    expect(await hasNext()).toBe(true);
    headers = { 'x-request-id': '01B' };
    expect(await hasNext()).toBe(false);
    expect(asked()).toEqual([undefined, 'W/"v1"', 'W/"v1"']);
  });

  it('is not used for another caller', async () => {
    const { upstream, asked } = await startTagged();
    const { as, gitlab } = connect(upstream.url);
    await gitlab.getJob(job);
    await as(tokenOf('glpat-someone-else')).getJob(job);
    await as(tokenOf('glpat-caller-0001', 'job-token')).getJob(job);
    expect(asked()).toEqual([undefined, undefined, undefined]);
  });

  it('is dropped if its caller writes to the project, and for no other reason', async () => {
    const { upstream, asked } = await startTagged();
    const { as, gitlab } = connect(upstream.url);
    const other = as(tokenOf('glpat-someone-else'));
    const reads: [Gitlab, string][] = [
      [gitlab, '1'],
      [gitlab, '11'],
      [other, '1'],
    ];
    for (const [client, project] of reads) await client.getJob({ project, id: '7' });
    await gitlab.eraseJob({ ...job, kind: 'BUILD' });
    for (const [client, project] of reads) await client.getJob({ project, id: '7' });
    expect(asked().slice(4)).toEqual([undefined, 'W/"v1"', 'W/"v1"']);
  });

  it('is dropped likewise after it was replaced', async () => {
    const { upstream, state, asked } = await startTagged();
    const { gitlab } = connect(upstream.url);
    await gitlab.getJob(job);
    state.version = 'v2';
    await gitlab.getJob(job);
    await gitlab.eraseJob({ ...job, kind: 'BUILD' });
    await gitlab.getJob(job);
    expect(asked()).toEqual([undefined, 'W/"v1"', undefined, undefined]);
  });

  it('is limited in bytes over all callers', async () => {
    const { upstream, asked } = await startTagged({ size: 10_000 });
    const { as } = connect(upstream.url, { etagBytes: 100_000 });
    const callers = Array.from({ length: 10 }, (_, n) => as(tokenOf(`glpat-caller-${n}`)));
    for (const caller of callers) await caller.getJob(job);
    for (const caller of callers.toReversed()) await caller.getJob(job);
    const kept = asked().slice(10).filter(Boolean).length;
    // Each cache entry takes about 22 kB (its body twice, and its bookkeeping), so four fit in
    // 100 kB.
    expect(kept).toBe(4);
  });

  it('is confirmed by a 304 that arrives after other responses have replaced it', async () => {
    const held: (() => void)[] = [];
    const upstream = await startUpstream((request, response) => {
      const id = Number(/\d+$/.exec(request.url ?? '')?.[0]);
      const etag = `W/"${id}"`;
      const send304 = () => void response.writeHead(304, { etag }).end();
      if (request.headers['if-none-match'] === etag) return void held.push(send304);
      const row = aJob(id, { web_url: String(id).repeat(10_000) });
      sendJson(response, row, { headers: { etag } });
    });
    const { gitlab } = connect(upstream.url, { etagBytes: 100_000 });
    const get = (id: number) => gitlab.getJob({ project: '1', id: String(id) });
    const first = await get(1);
    const again = get(1);
    await expect.poll(() => held.length).toBe(1);
    for (let id = 2; id < 10; id += 1) await get(id);
    held[0]?.();
    expect(await again).toEqual(first);
    // The response was indeed replaced: it is requested without its ETag.
    await get(1);
    expect(upstream.requests.at(-1)?.headers['if-none-match']).toBeUndefined();
  });

  it('is parsed once if two calls get a 304 at the same time', async () => {
    const held: (() => void)[] = [];
    const upstream = await startUpstream((request, response) => {
      const headers = { etag: 'W/"v1"' };
      const row = aJob(7, { web_url: 'x'.repeat(100_000) });
      if (request.method === 'POST') return sendJson(response, row);
      if (!request.headers['if-none-match']) return sendJson(response, row, { headers });
      held.push(() => void response.writeHead(304, headers).end());
    });
    const { gitlab } = connect(upstream.url);
    const get = () => gitlab.getJob({ project: 'group/app', id: '7' });
    const first = await get();
    const second = get();
    await expect.poll(() => held.length).toBe(1);
    // A write ends the sharing of calls. It names the project in the other form, so the cached
    // response stays.
    await gitlab.eraseJob({ ...job, kind: 'BUILD' });
    const third = get();
    await expect.poll(() => held.length).toBe(2);
    for (const send304 of held) send304();
    expect(await second).toEqual(first);
    expect(await third).toBe(await second);
  });

  it('frees its memory although a call for it was aborted', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.headers['if-none-match']) return;
      const row = aJob(Number(/\d+$/.exec(request.url ?? '')?.[0]), {
        web_url: 'x'.repeat(99_000),
      });
      sendJson(response, row, { headers: { etag: 'W/"v1"' } });
    });
    const { as, gitlab } = connect(upstream.url, { etagBytes: 1_000_000 });
    const get = (client: Gitlab, id: number) => client.getJob({ project: '1', id: String(id) });
    const abortOneAfter = async (id: number) => {
      const { length } = upstream.requests;
      await get(gitlab, id);
      const caller = new AbortController();
      const aborted = get(as(gitlab.credential, { signal: caller.signal }), id);
      await expect.poll(() => upstream.requests.length).toBe(length + 2);
      for (let other = 1; other < 6; other += 1) await get(gitlab, id + other);
      caller.abort();
      await expect(aborted).rejects.toThrow();
    };
    await abortOneAfter(1_000);
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 1; round <= 40; round += 1) await abortOneAfter(1_000 + 10 * round);
    const grownBy = () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers - before;
    };
    // V8 frees memory some time after the collection, on another thread.
    await expect.poll(grownBy).toBeLessThan(2_000_000);
  });

  it('may be empty', async () => {
    const { upstream, gitlab } = await serve((request, response) => {
      const headers = { etag: 'W/"empty"', 'content-type': 'text/plain' };
      response.writeHead(request.headers['if-none-match'] ? 304 : 200, headers).end();
    });
    const read = () => gitlab.getJobTrace(job);
    expect([await read(), await read(), await read()]).toEqual(Array(3).fill(Buffer.alloc(0)));
    expect(upstream.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      'W/"empty"',
      'W/"empty"',
    ]);
  });

  it('is not stored if it is too large, untagged, a log’s tail, or caching is off', async () => {
    const large = await startTagged({ size: 20_000 });
    const { gitlab: small } = connect(large.upstream.url, { etagBytes: 100_000 });
    const off = connect(large.upstream.url, { etagBytes: 0 }).gitlab;
    const plain = connect(large.upstream.url).gitlab;
    await small.getJob(job);
    await small.getJob(job);
    await off.getJob(job);
    await off.getJob(job);
    await plain.getJobTrace(job, { byteOffset: 3 });
    await plain.getJobTrace(job, { byteOffset: 3 });
    (await plain.openJobTrace(job)).body.resume();
    (await plain.openJobTrace(job)).body.resume();
    expect(large.asked().filter(Boolean)).toEqual([]);
    const { upstream: untagged, gitlab } = await serve((_, response) =>
      sendJson(response, aJob(7)),
    );
    await gitlab.getJob(job);
    await gitlab.getJob(job);
    expect(untagged.requests[1]?.headers['if-none-match']).toBeUndefined();
  });

  it('is not stored if it could not be parsed', async () => {
    const { upstream, gitlab } = await serve((_, response) =>
      sendJson(response, { nonsense: true }, { headers: { etag: 'W/"bad"' } }),
    );
    await gitlab.getJob(job).catch(() => {});
    await gitlab.getJob(job).catch(() => {});
    expect(upstream.requests[1]?.headers['if-none-match']).toBeUndefined();
  });

  it('is found under a moved project’s old name', async () => {
    const { gitlab } = await serve((request, response) => {
      if (request.url?.includes('old')) {
        return void response.writeHead(301, { location: '/api/v4/projects/42/jobs/7' }).end();
      }
      const etag = 'W/"v1"';
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
      sendJson(response, aJob(7), { headers: { etag } });
    });
    const get = () => gitlab.getJob({ project: 'old', id: '7' });
    const first = await get();
    const second = await get();
    expect(second).toEqual(first);
    expect(await get()).toBe(second);
  });
});
