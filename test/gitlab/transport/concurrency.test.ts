import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairLimiter } from '../../../src/gitlab/transport/concurrency.ts';
import { aJob, connect, sendJson, startUpstream, tokenOf, until } from '../upstream.ts';

const never = new AbortController().signal;

describe('the limiter', () => {
  const start = (
    total: number,
    perCredential: number,
    { isKnown = (_digest: string): boolean => true, callsPerTurn = 1 } = {},
  ) => {
    const limiter = createFairLimiter({ total, perCredential, isKnown }, callsPerTurn);
    const order: string[] = [];
    const enter = (digest: string, name: string, signal = never) =>
      limiter.acquire(digest, signal).then(
        () => void order.push(name),
        () => void order.push(`${name} left`),
      );
    const settle = () => new Promise(setImmediate);
    return { limiter, order, enter, settle };
  };

  it.each([
    [1, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']],
    [2, ['a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'a4']],
  ])('serves credentials in turns of up to %i calls, and calls of one in order', async (...row) => {
    const [callsPerTurn, expected] = row;
    const { limiter, order, enter, settle } = start(1, 1, { callsPerTurn });
    const calls = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'];
    for (const name of calls) void enter(name.charAt(0), name);
    for (const _ of calls.slice(1)) {
      await settle();
      limiter.release(order.at(-1)?.charAt(0) ?? '');
    }
    await settle();
    // `a1` starts immediately, because no other call waits. After that, the credentials take turns.
    expect(order).toEqual(expected);
  });

  it('keeps a quarter of the capacity for credentials that GitLab has accepted', async () => {
    const { limiter, order, enter, settle } = start(4, 4, {
      isKnown: (digest) => digest === 'known',
    });
    for (const digest of ['a', 'b', 'c', 'd', 'known', 'e']) void enter(digest, digest);
    await settle();
    expect(order).toEqual(['a', 'b', 'c', 'known']);
    for (const digest of ['known', 'a']) limiter.release(digest);
    await settle();
    expect(order).toEqual(['a', 'b', 'c', 'known', 'd']);
  });

  it('reserves capacity for other credentials', async () => {
    const { order, enter, settle } = start(4, 2);
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'd1']) void enter(name.charAt(0), name);
    await settle();
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1']);
  });

  it('removes aborted calls from the queue', async () => {
    const { limiter, order, enter, settle } = start(1, 1);
    const caller = new AbortController();
    void enter('a', 'a1');
    void enter('a', 'a2', caller.signal);
    void enter('b', 'b1');
    void enter('c', 'c1', AbortSignal.abort());
    await settle();
    caller.abort();
    limiter.release('a');
    await settle();
    expect(order).toEqual(['a1', 'c1 left', 'a2 left', 'b1']);
  });

  it('never exceeds a limit, and leaves no usable capacity unused', async () => {
    const actions = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('in', 'out', 'quit')),
    );
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        const { limiter } = start(3, 2);
        const inside: Record<string, number> = { a: 0, b: 0, c: 0 };
        const waiting: Record<string, AbortController[]> = { a: [], b: [], c: [] };
        for (const [digest, step] of steps) {
          const queue = waiting[digest] ?? [];
          if (step === 'in') {
            const caller = new AbortController();
            queue.push(caller);
            void limiter.acquire(digest, caller.signal).then(
              () => {
                queue.splice(queue.indexOf(caller), 1);
                inside[digest] = (inside[digest] ?? 0) + 1;
              },
              () => void queue.splice(queue.indexOf(caller), 1),
            );
          } else if (step === 'quit') queue.at(-1)?.abort();
          else if ((inside[digest] ?? 0) > 0) {
            inside[digest] = (inside[digest] ?? 0) - 1;
            limiter.release(digest);
          }
          await Promise.resolve();
          await Promise.resolve();
          const all = Object.values(inside).reduce((sum, n) => sum + n, 0);
          expect(all).toBeLessThanOrEqual(3);
          for (const [name, n] of Object.entries(inside)) {
            expect(n).toBeLessThanOrEqual(2);
            if (all < 3 && n < 2) expect(waiting[name]).toEqual([]);
          }
        }
      }),
    );
  });
});

describe('calls', () => {
  it('respect the limits and release their slot however they end', async () => {
    const held: ServerResponse[] = [];
    const upstream = await startUpstream((_, response) => void held.push(response));
    const { as, gitlab } = connect(upstream.url, { connections: 3, perCredential: 2 });
    const read = (id: number, client = gitlab) => client.getJob({ project: '1', id: String(id) });
    const mine = [1, 2, 3, 4].map((id) => read(id).catch((error: Error) => error.name));
    const other = read(5, as(tokenOf('glpat-someone-else')));
    await until(() => held.length === 3);
    expect(upstream.log.map((line) => line.at(-1)).sort()).toEqual(['1', '2', '5']);
    if (held[0]) sendJson(held[0], { message: '500' }, { status: 500 });
    held[1]?.end('{ broken');
    await until(() => held.length === 5);
    for (const response of held.slice(2)) {
      sendJson(response, aJob(Number(response.req.url?.split('/').at(-1))));
    }
    expect(await Promise.all(mine)).toMatchObject([
      'GitlabStatusError',
      'GitlabResponseError',
      { id: 3 },
      { id: 4 },
    ]);
    expect(await other).toMatchObject({ id: 5 });
  });
});

describe('streams', () => {
  it('hold their slot until they are closed, separately from other calls', async () => {
    const upstream = await startUpstream((_, response) => void response.end('x'.repeat(1000)));
    const { as, gitlab } = connect(upstream.url, { connections: 3, perCredential: 2 });
    const open = (id: number, client = gitlab) =>
      client.openJobTrace({ project: '1', id: String(id) });
    const [first, second] = await Promise.all([open(1), open(2)]);
    const [third, fourth] = [open(3), open(4)];
    await open(5, as(tokenOf('glpat-someone-else')));
    expect(upstream.log).toHaveLength(3);
    first.body.destroy();
    (await third).body.destroy();
    second.body.destroy();
    (await fourth).body.destroy();
    expect(upstream.log).toHaveLength(5);
  });

  it('release their slot if there is nothing to read', async () => {
    const upstream = await startUpstream((_, response) => void response.writeHead(404).end());
    const { gitlab } = connect(upstream.url, { connections: 1, perCredential: 1 });
    for (const id of ['1', '2', '3']) {
      const opened = gitlab.openJobTrace({ project: '1', id }).catch((error: Error) => error.name);
      expect(await opened).toBe('GitlabMisroutedError');
    }
  });
});
