import fc from 'fast-check';
import {
  applyPipelineUpdate,
  applyTraceChunk,
  type Client,
  formatDuration,
  type GatewayError,
  paginate,
  type TraceLog,
  traceLine,
  traceLines,
} from 'gitlab-jobs-gateway/client';
import { describe, expect, it } from 'vitest';
import { runs } from '../helpers/runs.ts';

interface Line {
  number: number;
  text: string;
}

const line = (number: number, text = `line ${number}`): Line => ({ number, text });

describe('applyTraceChunk', () => {
  it('replaces lines by number and removes those above lineCount', () => {
    const first = applyTraceChunk<Line>(undefined, {
      ...{ startByte: 0, endByte: 20, lineCount: 3 },
      lines: [line(1), line(2), line(3, 'a')],
    });
    const second = applyTraceChunk(first, {
      ...{ startByte: 20, endByte: '30', lineCount: 4, complete: true },
      lines: [line(3, 'ab'), line(4)],
    });
    const third = applyTraceChunk(second, { startByte: 30, endByte: 31, lineCount: 2, lines: [] });
    expect(traceLines(first)).toEqual([line(1), line(2), line(3, 'a')]);
    expect(traceLines(second)).toEqual([line(1), line(2), line(3, 'ab'), line(4)]);
    expect(second).toMatchObject({ endByte: 30, lineCount: 4, complete: true });
    expect(traceLines(third)).toEqual([line(1), line(2)]);
    expect([traceLine(third, 2), traceLine(third, 3)]).toEqual([line(2), undefined]);
  });

  it('removes all lines if the log was rewritten', () => {
    const log = applyTraceChunk<Line>(undefined, { startByte: 0, endByte: 9, lines: [line(1)] });
    const chunk = { startByte: 0, endByte: 3, lineCount: 1, lines: [line(1, 'new')] };
    expect(traceLines(applyTraceChunk(log, chunk))).toEqual([line(1, 'new')]);
  });

  it('keeps the numbers of lines that follow a part that was not sent', () => {
    const log = applyTraceChunk<Line>(undefined, {
      ...{ startByte: 5_000_000, endByte: 5_000_100, lineCount: 90_001 },
      lines: [line(90_000), line(90_001)],
    });
    expect(traceLines(log)).toEqual([line(90_000), line(90_001)]);
    expect(traceLine(log, 1)).toBeUndefined();
  });

  it('appends text, also of characters of several bytes, and replaces it from a byte', () => {
    let log = applyTraceChunk(undefined, { startByte: 0, endByte: 6, text: 'äöü' });
    log = applyTraceChunk(log, { startByte: 6, endByte: 7, text: '!' });
    expect(log.text).toBe('äöü!');
    log = applyTraceChunk(log, { startByte: 4, endByte: 5, text: '?' });
    expect(log.text).toBe('äö?');
    expect(applyTraceChunk(log, { startByte: 0, endByte: 0, text: '' }).text).toBe('');
    const skipped = applyTraceChunk(log, { startByte: 100, endByte: 101, text: 'x' });
    expect(skipped).toMatchObject({ text: 'x', startByte: 100, endByte: 101 });
  });

  it('has the lines that a plain map of numbers has, and modifies no earlier log', () => {
    const chunks = fc.array(
      fc.record({
        lines: fc.array(
          fc.record({ number: fc.integer({ min: 1, max: 2000 }), text: fc.string() }),
        ),
        lineCount: fc.integer({ min: 0, max: 2000 }),
        isRewritten: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(chunks, (all) => {
        let log: TraceLog<Line> | undefined;
        let known = new Map<number, Line>();
        const history: [TraceLog<Line>, Line[]][] = [];
        for (const { isRewritten, lineCount, ...chunk } of all) {
          const at = log?.endByte ?? 0;
          const lines = chunk.lines.filter(({ number }) => number <= lineCount);
          const rewrites = isRewritten && at > 0;
          const startByte = rewrites ? 0 : at;
          log = applyTraceChunk(log, { startByte, endByte: startByte + 1, lines, lineCount });
          if (rewrites) known = new Map();
          for (const number of known.keys()) if (number > lineCount) known.delete(number);
          for (const of of lines) known.set(of.number, of);
          const sorted = [...known.values()].sort((a, b) => a.number - b.number);
          history.push([log, sorted]);
        }
        for (const [of, lines] of history) expect(traceLines(of)).toEqual(lines);
      }),
      { numRuns: runs(100) },
    );
  });

  it('shares all but a small part of a long log with the log before it', () => {
    const lines = Array.from({ length: 100_000 }, (_, at) => line(at + 1));
    const log = applyTraceChunk<Line>(undefined, {
      ...{ startByte: 0, endByte: 1, lineCount: lines.length, lines },
    });
    const next = applyTraceChunk(log, {
      ...{ startByte: 1, endByte: 2, lineCount: 100_001, lines: [line(100_001)] },
    });
    expect(traceLine(next, 100_001)).toEqual(line(100_001));
    expect(next.parts.filter((part, at) => part !== log.parts[at])).toHaveLength(1);
    expect(Math.max(...next.parts.map(({ length }) => length))).toBeLessThan(1000);
  });
});

describe('applyPipelineUpdate', () => {
  const failed = { text: 'Failed', action: 'RETRY' };
  const pipeline = {
    id: 'p',
    webUrl: '/p',
    retryable: true,
    detailedStatus: failed,
    board: { stages: [{ name: 'test', jobs: [{ id: 'a', name: 'unit', retried: true }] }] },
  };

  it('keeps fields that only the query selects, and replaces lists', () => {
    const stages = [{ name: 'test', jobs: [{ id: 'b' }, { id: 'a', status: 'FAILED' }] }];
    const board = { stages };
    expect(applyPipelineUpdate<object>(pipeline, { pipeline: { board } })).toEqual({
      ...pipeline,
      board: {
        stages: [
          {
            name: 'test',
            jobs: [{ id: 'b' }, { id: 'a', name: 'unit', retried: true, status: 'FAILED' }],
          },
        ],
      },
    });
  });

  it('never replaces a value by a null that means "not read"', () => {
    const status = { text: 'Failed', action: null };
    const update = { pipeline: { retryable: null, detailedStatus: status } };
    expect(applyPipelineUpdate<object>(pipeline, update)).toEqual(pipeline);
    const job = { id: 'a', retried: null, retryable: true, detailedStatus: failed };
    const next = applyPipelineUpdate<object>(pipeline, { changedJobs: [job] });
    expect(next).toMatchObject({
      board: {
        stages: [{ jobs: [{ retried: true, retryable: false, detailedStatus: { action: null } }] }],
      },
    });
  });

  it('replaces a value by any other null', () => {
    expect(applyPipelineUpdate<object>(pipeline, { pipeline: { webUrl: null } })).toEqual({
      ...pipeline,
      webUrl: null,
    });
  });

  it('puts changed jobs where they are, also after the board of the same event', () => {
    const board = { stages: [{ name: 'test', jobs: [{ id: 'a', status: 'FAILED' }] }] };
    const changedJobs = [{ id: 'a', duration: 3 }];
    const before = structuredClone(pipeline);
    expect(applyPipelineUpdate<object>(pipeline, { pipeline: { board }, changedJobs })).toEqual({
      ...pipeline,
      board: {
        stages: [
          {
            name: 'test',
            jobs: [{ id: 'a', name: 'unit', retried: true, status: 'FAILED', duration: 3 }],
          },
        ],
      },
    });
    expect(pipeline).toEqual(before);
  });

  it('keeps the newest status of a job that is one of its own attempts, and does not nest them', () => {
    const toJob = (text: string) => {
      const job = { id: 'a', detailedStatus: { text } };
      return { ...job, detailedStatus: { text, action: null }, attempts: [job] };
    };
    const toPipeline = (job: object) => ({ id: 'p', jobs: [job] });
    const update = { pipeline: { id: 'p', jobs: [{ id: 'a' }] } };
    let board = toPipeline(toJob('Skipped'));
    for (const text of ['Created', 'Running']) {
      board = applyPipelineUpdate(board, { ...update, changedJobs: [toJob(text)] });
      board = applyPipelineUpdate(board, { ...update, changedJobs: [] });
      expect(board.jobs).toMatchObject([toJob(text)]);
    }
    const depth = JSON.stringify(board).split('"attempts"').length;
    board = applyPipelineUpdate(board, { ...update, changedJobs: [toJob('Passed')] });
    expect(JSON.stringify(board).split('"attempts"')).toHaveLength(depth);
  });
});

describe('paginate', () => {
  /**
   * Returns a client that answers the n-th query with `data(n)`, and in `sent` the variables of all
   * queries.
   */
  function pagesOf(data: (at: number) => unknown, errors?: { message: string }[]) {
    const sent: unknown[] = [];
    const query = async (_document: unknown, variables: unknown) => {
      sent.push(variables);
      return { data: data(sent.length), ...(errors && { errors }) };
    };
    return { client: { query } as unknown as Client, sent };
  }
  interface Data {
    list: { nodes: number[]; pageInfo: object } | null;
  }
  const select = ({ list }: Data) => list;
  const forward = (at: number) => ({
    list: { nodes: [at], pageInfo: { hasNextPage: at < 3, endCursor: `c${at}` } },
  });

  it('reads the pages forward, one when it is asked for', async () => {
    const { client, sent } = pagesOf(forward);
    const pages = paginate<Data, object, NonNullable<Data['list']>>(client, '', { n: 1 }, select);
    expect((await pages.next()).value).toMatchObject({ connection: { nodes: [1] } });
    expect(sent).toEqual([{ n: 1 }]);
    const rest: number[] = [];
    for await (const { connection } of pages) rest.push(...connection.nodes);
    expect(rest).toEqual([2, 3]);
    expect(sent).toEqual([{ n: 1 }, { n: 1, after: 'c1' }, { n: 1, after: 'c2' }]);
  });

  it('reads the pages backward, with the variable of the document', async () => {
    const { client, sent } = pagesOf((at) => ({
      list: { nodes: [at], pageInfo: { hasPreviousPage: at < 2, startCursor: `c${at}` } },
    }));
    const options = { direction: 'backward', cursor: 'until' } as const;
    for await (const _page of paginate<Data, object, NonNullable<Data['list']>>(
      client,
      '',
      {},
      select,
      options,
    )) {
      // The test checks the requests, not the results.
    }
    expect(sent).toEqual([{}, { until: 'c1' }]);
  });

  it.each([
    ['ends if there is no list', { list: null }, undefined, 'done'],
    ['throws the error of a list', { list: null }, [{ message: 'refused' }], 'refused'],
    [
      'throws if pageInfo is not selected',
      { list: { nodes: [], pageInfo: {} } },
      undefined,
      'Select `pageInfo { hasNextPage endCursor }` of the connection.',
    ],
  ])('%s', async (_title, data, errors, expected) => {
    const { client } = pagesOf(() => data, errors);
    const read = async () => {
      for await (const _page of paginate<Data, object, NonNullable<Data['list']>>(
        client,
        '',
        {},
        select,
      )) {
        // The test checks how the iteration ends, not the results.
      }
      return 'done';
    };
    expect(await read().catch((error: GatewayError) => error.message)).toBe(expected);
  });
});

it.each([
  [null, ''],
  [undefined, ''],
  [0, '0s'],
  [0.9, '0s'],
  [59.99, '59s'],
  [60, '1m 00s'],
  [125, '2m 05s'],
  [3723, '1h 02m 03s'],
  [93_780, '26h 03m 00s'],
  [-1, '0s'],
])('formats %s seconds as "%s"', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
