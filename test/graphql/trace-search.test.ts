import { describe, expect, it } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { failedTests } from '../trace/runner-log.ts';

async function start() {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  world.addJob(world.addPipeline(project), { id: 1001, log: failedTests });
  const gateway = await startGateway({ simulator: { world }, token: 'glpat-alice' });
  const trace = async (fields: string) => {
    const answer = await gateway.query(
      `{ job(project: "42", id: "1001") { trace { ${fields} } } }`,
    );
    const job = answer.data?.['job'] as { trace: Record<string, unknown> } | undefined;
    return { trace: job?.trace ?? {}, errors: answer.errors };
  };
  return { ...gateway, trace };
}

describe('JobTrace.search', () => {
  it('returns the matches and the lines around them, with one call', async () => {
    const { trace, calls } = await start();
    const fields = 'matchCount excerpts { lines { number } matchedNumbers section }';
    const { trace: found } = await trace(`search(anyOf: ["error"], context: 1) { ${fields} }`);
    const numbers = (...list: number[]) => list.map((number) => ({ number }));
    expect(found).toEqual({
      search: {
        matchCount: 2,
        excerpts: [
          { lines: numbers(6, 7, 8), matchedNumbers: [7], section: 'step_script' },
          { lines: numbers(12, 13), matchedNumbers: [13], section: null },
        ],
      },
    });
    expect(calls()).toEqual(['GET /projects/42/jobs/1001/trace']);
  });

  it('searches a section, with case, or from the end', async () => {
    const { trace } = await start();
    const { trace: found } = await trace(`
      inSection: search(anyOf: ["ERROR"], section: "STEP-SCRIPT") { matchCount }
      withCase: search(anyOf: ["ERROR", "fail"], ignoreCase: false) { matchCount }
      last: search(anyOf: ["\u0024 "], first: 1, fromEnd: true, context: 0) {
        matchCount excerpts { lines { text section } }
      }
      none: search(anyOf: ["no such text"], ignoreCase: null, context: null, first: null, fromEnd: null) {
        matchCount excerpts { section }
      }`);
    expect(found).toEqual({
      inSection: { matchCount: 1 },
      withCase: { matchCount: 2 },
      last: {
        matchCount: 2,
        excerpts: [{ lines: [{ text: '$ rm -rf tmp', section: 'after_script' }] }],
      },
      none: { matchCount: 0, excerpts: [] },
    });
  });

  it.each([
    ['anyOf: []', '`anyOf` must have 1 to 10 texts, not 0.'],
    [`anyOf: [${'"a",'.repeat(11)}]`, '`anyOf` must have 1 to 10 texts, not 11.'],
    ['anyOf: ["a", ""]', 'A text of `anyOf` must have 1 to 200 characters, not 0.'],
    [`anyOf: ["${'a'.repeat(201)}"]`, 'A text of `anyOf` must have 1 to 200 characters, not 201.'],
    ['anyOf: ["a"], context: 51', '`context` must be from 0 to 50, not 51.'],
    ['anyOf: ["a"], context: -1', '`context` must be from 0 to 50, not -1.'],
    ['anyOf: ["a"], first: 0', '`first` must be from 1 to 100, not 0.'],
    ['anyOf: ["a"], first: 101', '`first` must be from 1 to 100, not 101.'],
  ])('refuses %s without a call', async (args, message) => {
    const { trace, calls } = await start();
    const { errors } = await trace(`search(${args}) { matchCount }`);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(calls()).toEqual([]);
  });
});

describe('JobTrace.lines by number', () => {
  it('returns the lines between two numbers, both inclusive', async () => {
    const { trace } = await start();
    const page =
      '{ totalCount nodes { number } pageInfo { hasNextPage hasPreviousPage endCursor } }';
    const { trace: read } = await trace(`
      both: lines(fromLine: 7, toLine: 9) ${page}
      from: lines(fromLine: 13) ${page}
      to: lines(toLine: 2, last: 1) ${page}
      beyond: lines(fromLine: 14, toLine: 20) ${page}
      paged: lines(fromLine: 7, toLine: 9, first: 2) ${page}`);
    const numbersOf = (name: string) =>
      (read[name] as { nodes: { number: number }[] }).nodes.map(({ number }) => number);
    expect(['both', 'from', 'to', 'beyond', 'paged'].map(numbersOf)).toEqual([
      [7, 8, 9],
      [13],
      [2],
      [],
      [7, 8],
    ]);
    expect(read).toMatchObject({
      both: { totalCount: 3, pageInfo: { hasNextPage: false, hasPreviousPage: false } },
      to: { totalCount: 2, pageInfo: { hasNextPage: false, hasPreviousPage: true } },
      beyond: { totalCount: 0 },
      paged: { totalCount: 3, pageInfo: { hasNextPage: true } },
    });
    const { endCursor } = (read['paged'] as { pageInfo: { endCursor: string } }).pageInfo;
    const { trace: next } = await trace(
      `lines(fromLine: 7, toLine: 9, first: 2, after: "${endCursor}") ${page}`,
    );
    expect(next['lines']).toMatchObject({ nodes: [{ number: 9 }] });
    const { errors } = await trace(`lines(after: "${endCursor}") ${page}`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('returns all lines between the numbers, not only a first page', async () => {
    const { trace } = await start();
    const { trace: read } = await trace('lines(fromLine: 1) { nodes { number } }');
    expect((read['lines'] as { nodes: unknown[] }).nodes).toHaveLength(13);
  });

  it.each([
    ['fromLine: 0', '`fromLine` must be at least 1, not 0.'],
    ['fromLine: 3, toLine: 2', '`toLine` must be at least 3, not 2.'],
    ['toLine: 0', '`toLine` must be at least 1, not 0.'],
    ['toLine: 2, section: "a"', '`section` cannot go together with `fromLine` and `toLine`.'],
  ])('refuses %s without a call', async (args, message) => {
    const { trace, calls } = await start();
    const { errors } = await trace(`lines(${args}) { totalCount }`);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(calls()).toEqual([]);
  });
});
