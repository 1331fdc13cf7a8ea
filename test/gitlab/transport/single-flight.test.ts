import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { CallEvent } from '../../../src/gitlab/request.ts';
import { aJob, connect, sendJson, serve, startUpstream, tokenOf, until } from '../upstream.ts';

const job = { project: '1', id: '7' };

/**
 * Starts a GitLab that holds back its response to the n-th GET request until `answer(n)`, counted
 * from 0. The job in it has the name `answer n`, unless the test gives another one.
 */
async function startHeld() {
  const held: ServerResponse[] = [];
  let closed = 0;
  const upstream = await startUpstream((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) closed++;
    });
    if (request.method === 'POST') sendJson(response, aJob(7));
    else held.push(response);
  });
  const answer = (index: number, name = `answer ${index}`) => {
    const response = held[index];
    if (response) sendJson(response, aJob(7, { name }));
  };
  return { upstream, held, answer, closed: () => closed };
}

describe('equal reads of one credential', () => {
  it('share one running call and its response, and make a new call afterwards', async () => {
    const { upstream, held, answer } = await startHeld();
    const events: CallEvent[] = [];
    const { as, gitlab } = connect(upstream.url, { onCall: (event) => events.push(event) });
    const counters = [0, 1, 2].map(() => ({ calls: 0, coalesced: 0, notModified: 0 }));
    const calls = counters.map((counter) => as(gitlab.credential, { counter }).getJob(job));
    await until(() => held.length === 1);
    answer(0);
    const [first, ...others] = await Promise.all(calls);
    for (const other of others) expect(other).toBe(first);
    expect(counters.map(({ calls: n, coalesced }) => [n, coalesced])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    expect(events.map(({ outcome }) => outcome)).toEqual(['coalesced', 'coalesced', 'call']);
    const later = gitlab.getJob(job);
    await until(() => held.length === 2);
    answer(1);
    expect((await later).name).toBe('answer 1');
    expect(upstream.log).toHaveLength(2);
  });

  it('share a failure', async () => {
    const { upstream, held } = await startHeld();
    const { gitlab } = connect(upstream.url);
    const calls = Promise.allSettled([gitlab.getJob(job), gitlab.getJob(job)]);
    await until(() => held.length === 1);
    if (held[0]) sendJson(held[0], { message: '404 Not found' }, { status: 404 });
    expect(await calls).toMatchObject([{ reason: { status: 404 } }, { reason: { status: 404 } }]);
    expect(upstream.log).toHaveLength(1);
  });

  it('continue when one caller leaves, even the first one', async () => {
    const { upstream, held, answer } = await startHeld();
    const { as, gitlab } = connect(upstream.url);
    const caller = new AbortController();
    const first = as(gitlab.credential, { signal: caller.signal }).getJob(job);
    const second = gitlab.getJob(job);
    const ended = expect(first).rejects.toThrow('left');
    await until(() => held.length === 1);
    caller.abort(new Error('left'));
    await ended;
    answer(0);
    expect(await second).toMatchObject({ id: 7 });
    expect(upstream.log).toHaveLength(1);
  });

  it('are aborted when the last caller leaves, and cannot be joined afterwards', async () => {
    const { upstream, held, answer, closed } = await startHeld();
    const { as, gitlab } = connect(upstream.url);
    const callers = [new AbortController(), new AbortController()];
    const calls = Promise.allSettled(
      callers.map(({ signal }) => as(gitlab.credential, { signal }).getJob(job)),
    );
    await until(() => held.length === 1);
    for (const caller of callers) caller.abort(new Error('left'));
    const late = gitlab.getJob(job);
    expect(await calls).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    await until(() => held.length === 2 && closed() === 1);
    answer(1);
    expect((await late).name).toBe('answer 1');
  });

  it('are not shared across a write', async () => {
    const { upstream, held, answer } = await startHeld();
    const { gitlab } = connect(upstream.url);
    const before = gitlab.getJob(job);
    await until(() => held.length === 1);
    await gitlab.cancelJob({ ...job, kind: 'BUILD' }, {});
    const after = gitlab.getJob(job);
    await until(() => held.length === 2);
    answer(0);
    answer(1);
    expect([(await before).name, (await after).name]).toEqual(['answer 0', 'answer 1']);
  });

  it('are not shared across a failed or aborted write, which may have happened', async () => {
    const held: ServerResponse[] = [];
    const { upstream, as, gitlab } = await serve((_, response) => void held.push(response));
    const caller = new AbortController();
    const write = as(gitlab.credential, { signal: caller.signal }).eraseJob({
      ...job,
      kind: 'BUILD',
    });
    const ended = expect(write).rejects.toThrow('left');
    await until(() => held.length === 1);
    const before = gitlab.getJob(job).catch(() => {});
    await until(() => held.length === 2);
    caller.abort(new Error('left'));
    await ended;
    const after = gitlab.getJob(job).catch(() => {});
    await until(() => held.length === 3);
    await upstream.close();
    await Promise.all([before, after]);
  });

  it('are distinguished by every part of the URL and by credential', async () => {
    const { upstream, held } = await startHeld();
    const { as, gitlab } = connect(upstream.url);
    const page = { kind: 'offset', page: 1, perPage: 20 } as const;
    const calls = [
      gitlab.getJob(job),
      gitlab.getJob({ ...job, id: '8' }),
      gitlab.getJobTrace(job),
      gitlab.getJobTrace(job, { byteOffset: 5 }),
      gitlab.listProjectJobs('1', {}, page),
      gitlab.listProjectJobs('1', { scope: ['failed'] }, page),
      as(tokenOf('glpat-someone-else')).getJob(job),
    ];
    const all = Promise.allSettled(calls);
    await until(() => held.length === calls.length);
    await upstream.close();
    await all;
  });

  it('does not share writes or streams', async () => {
    const { upstream, gitlab } = await serve((request, response) =>
      request.method === 'POST' ? sendJson(response, aJob(7)) : void response.end('log'),
    );
    const write = { ...job, kind: 'BUILD' } as const;
    await Promise.all([gitlab.eraseJob(write), gitlab.eraseJob(write)]);
    const streams = await Promise.all([gitlab.openJobTrace(job), gitlab.openJobTrace(job)]);
    for (const { body } of streams) body.resume();
    expect(upstream.log).toHaveLength(4);
  });
});
