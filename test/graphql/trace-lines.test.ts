import { describe, expect, it } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from '../helpers/start-gateway.ts';

const ESC = '\u001b';
const LOG = [
  `${ESC}[0KRunning with gitlab-runner 18.6.0${ESC}[0;m\n`,
  `section_start:1700000000:prepare_script[collapsed=true]\r${ESC}[0K${ESC}[36;1mPreparing${ESC}[0;m\n`,
  `on runner-1\n`,
  `section_end:1700000003:prepare_script\r${ESC}[0Ksection_start:1700000003:step_script\r${ESC}[0KExecuting\n`,
  `10%\r50%\r100%\n`,
  `${ESC}[31;1m<b>FAILED</b>${ESC}[0;m\n`,
].join('');

/** Starts a gateway and a simulated GitLab with a finished job 1001 that has this log. */
async function start(log: string | Buffer, config = {}) {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  world.addJob(world.addPipeline(project), { id: 1001, log });
  const started = await startGateway({ simulator: { world }, config, token: 'glpat-alice' });
  const trace = async (fields: string) => {
    const answer = await started.query(
      `{ job(project: "42", id: "1001") { trace { ${fields} } } }`,
    );
    const job = answer.data?.['job'] as { trace: Record<string, unknown> } | undefined;
    return { trace: job?.trace, errors: answer.errors };
  };
  return { ...started, trace };
}

describe('Job.trace', () => {
  it('returns lines, sections and every format with one call', async () => {
    const { trace, calls } = await start(LOG);
    const { trace: read } = await trace(`
      byteSize truncated text raw: text(format: RAW) html: text(format: HTML, lastLines: 1)
      lines(first: 2) { totalCount nodes { number text section } pageInfo { hasNextPage } }
      step: lines(section: "step_script") { nodes { number text html } }
      sections { name header startedAt finishedAt duration collapsed firstLine lastLine }`);
    expect(calls()).toEqual(['GET /projects/42/jobs/1001/trace']);
    expect(read).toMatchObject({
      byteSize: LOG.length,
      truncated: false,
      raw: LOG,
      text: 'Running with gitlab-runner 18.6.0\nPreparing\non runner-1\nExecuting\n100%\n<b>FAILED</b>',
      html: expect.stringContaining('&lt;b&gt;FAILED&lt;/b&gt;'),
      lines: {
        totalCount: 6,
        nodes: [
          { number: 1, section: null },
          { number: 2, text: 'Preparing', section: 'prepare_script' },
        ],
        pageInfo: { hasNextPage: true },
      },
      step: { nodes: [{ number: 4 }, { number: 5, text: '100%' }, { number: 6 }] },
      sections: [
        {
          name: 'prepare_script',
          header: 'Preparing',
          startedAt: '2023-11-14T22:13:20.000Z',
          duration: 3,
          collapsed: true,
          firstLine: 2,
          lastLine: 3,
        },
        { name: 'step_script', finishedAt: null, duration: null, firstLine: 4, lastLine: 6 },
      ],
    });
  });

  it('pages through lines in both directions', async () => {
    const { trace } = await start(
      Array.from({ length: 50 }, (_, at) => `line ${at + 1}\n`).join(''),
    );
    const page =
      '{ nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }';
    type Lines = { nodes: { number: number }[]; pageInfo: Record<string, string | boolean> };
    const read = async (args: string) =>
      (await trace(`lines(${args}) ${page}`)).trace?.['lines'] as Lines;
    const last = await read('last: 20');
    expect(last.nodes.map(({ number }) => number)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 31),
    );
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const before = await read(`last: 100, before: "${last.pageInfo['startCursor']}"`);
    expect(before.nodes).toHaveLength(30);
    expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const after = await read(`first: 5, after: "${before.pageInfo['endCursor']}"`);
    expect(after.nodes.map(({ number }) => number)).toEqual([31, 32, 33, 34, 35]);
  });

  it('keeps the end of a long log, and numbers its lines from the start of the log', async () => {
    const log = Array.from({ length: 10_000 }, (_, at) => `line ${at + 1} ü\n`).join('');
    const { trace } = await start(log, { maxTraceBytes: 4096 });
    const { trace: read } = await trace(
      'byteSize truncated text(format: RAW) lines(last: 1) { totalCount nodes { number text } }',
    );
    expect(read).toMatchObject({ byteSize: Buffer.byteLength(log), truncated: true });
    expect(read).toMatchObject({ lines: { nodes: [{ number: 10_000, text: 'line 10000 ü' }] } });
    expect(Buffer.byteLength(String(read?.['text']))).toBeLessThanOrEqual(4096);
    expect(log.endsWith(String(read?.['text']))).toBe(true);
  });

  it('returns the last lines in every format', async () => {
    const { trace } = await start('one\ntwo\n\u001b[31mthree\u001b[0m\n');
    const last = async (format: string, count: number) =>
      (await trace(`text(format: ${format}, lastLines: ${count})`)).trace?.['text'];
    expect(await last('RAW', 1)).toBe('\u001b[31mthree\u001b[0m\n');
    expect(await last('RAW', 2)).toBe('two\n\u001b[31mthree\u001b[0m\n');
    expect(await last('RAW', 9)).toBe('one\ntwo\n\u001b[31mthree\u001b[0m\n');
    expect(await last('PLAIN', 2)).toBe('two\nthree');
    expect(await last('HTML', 1)).toBe('<span class="term-fg-red">three</span>');
  });

  it('returns the time and stream of each line if the runner recorded them', async () => {
    const stamp = '2024-05-22T12:12:46.962646Z';
    const { trace } = await start(`${stamp} 01O out\n${stamp} 01E bad\n`);
    const { trace: read } = await trace('lines { nodes { text timestamp stream } }');
    expect(read).toEqual({
      lines: {
        nodes: [
          { text: 'out', timestamp: stamp, stream: 'STDOUT' },
          { text: 'bad', timestamp: stamp, stream: 'STDERR' },
        ],
      },
    });
  });

  it('returns the numbers of lines on GitLab’s page', async () => {
    const { trace } = await start('one\n\n\n\n\nERROR: Job failed: exit code 1\n');
    const { trace: read } = await trace('lines(last: 2) { nodes { number anchor text } }');
    expect(read).toEqual({
      lines: {
        nodes: [
          { number: 5, anchor: null, text: '' },
          { number: 6, anchor: 2, text: 'ERROR: Job failed: exit code 1' },
        ],
      },
    });
  });

  it('pages through sections, of which several may begin in one line', async () => {
    const mark = (kind: string, name: string) => `section_${kind}:1700000000:${name}\r${ESC}[0K`;
    const one = (name: string) => `${mark('start', name)}${name}\n${mark('end', name)}`;
    const { trace, calls } = await start(
      `${one('a')}${mark('start', 'b')}${one('c')}${one('d')}${mark('end', 'b')}${one('e')}`,
    );
    const { trace: read } = await trace(`sectionCount
      all: sections { name firstLine }
      page: sections(first: 2, skip: 1) { name }
      rest: sections(skip: 3, first: null) { name }
      after: sections(afterLine: 1, first: 3) { name }
      afterSkipped: sections(afterLine: 1, skip: 2, first: 1) { name }
      none: sections(skip: 9) { name }
      end: sections(afterLine: 4, skip: null) { name }`);
    const names = (...list: string[]) => list.map((name) => ({ name }));
    expect(read).toEqual({
      sectionCount: 5,
      all: [
        { name: 'a', firstLine: 1 },
        { name: 'b', firstLine: 2 },
        { name: 'c', firstLine: 2 },
        { name: 'd', firstLine: 3 },
        { name: 'e', firstLine: 4 },
      ],
      page: names('b', 'c'),
      rest: names('d', 'e'),
      after: names('b', 'c', 'd'),
      afterSkipped: names('d'),
      none: [],
      end: [],
    });
    expect(calls()).toEqual(['GET /projects/42/jobs/1001/trace']);
  });

  it('returns 5,000 sections without arguments, and up to 10,000', async () => {
    const section = (at: number) =>
      `section_start:1:s${at}\r${ESC}[0Ks\nsection_end:2:s${at}\r${ESC}[0K`;
    const { trace } = await start(Array.from({ length: 12_000 }, (_, at) => section(at)).join(''));
    const read = async (fields: string) => (await trace(fields)).trace ?? {};
    expect(await read('sectionCount')).toEqual({ sectionCount: 12_000 });
    const page = async (args: string) =>
      ((await read(`sections${args} { name }`))['sections'] as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await page('')).toHaveLength(5_000);
    expect((await page('(first: 10000)')).at(-1)).toBe('s9999');
    expect(await page('(skip: 11999)')).toEqual(['s11999']);
    const { errors } = await trace(
      'a: sections(first: 10000) { name } b: sections(first: 10000) { name } c: sections(first: 10000) { name }',
    );
    expect(errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_COMPLEX' } }]);
  });

  it('finds the lines of a section by any spelling of its name', async () => {
    const { trace } = await start(LOG);
    const { trace: read } = await trace('lines(section: "Step-Script") { totalCount }');
    expect(read).toEqual({ lines: { totalCount: 3 } });
  });

  it('is empty without a log', async () => {
    const { trace } = await start('');
    const { trace: read } = await trace(
      'byteSize truncated text sections { name } lines { totalCount nodes { number } }',
    );
    expect(read).toEqual({
      byteSize: 0,
      truncated: false,
      text: '',
      sections: [],
      lines: { totalCount: 0, nodes: [] },
    });
  });

  it.each([
    ['text(lastLines: 0)', '`lastLines` must be at least 1.'],
    ['text(lastLines: -5)', '`lastLines` must be at least 1.'],
    ['sections(first: 0) { name }', '`first` must be from 1 to 10000, not 0.'],
    ['sections(first: 10001) { name }', '`first` must be from 1 to 10000, not 10001.'],
    ['sections(skip: -1) { name }', '`skip` must be at least 0, not -1.'],
    ['sections(afterLine: -1) { name }', '`afterLine` must be at least 0, not -1.'],
    ['lines(first: 5001) { totalCount }', '`first` must be from 1 to 5000, not 5001.'],
    ['lines(first: 1, before: "x") { totalCount }', '`before` goes with `last`.'],
  ])('refuses %s before any call', async (field, message) => {
    const { trace, calls } = await start(LOG);
    const { errors } = await trace(`byteSize ${field}`);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(calls()).toEqual([]);
  });

  it('refuses a cursor of another section', async () => {
    const { trace } = await start(LOG);
    const { trace: read } = await trace('lines(first: 1) { edges { cursor } }');
    const lines = read?.['lines'] as { edges: { cursor: string }[] } | undefined;
    const { errors } = await trace(
      `lines(first: 1, after: "${lines?.edges[0]?.cursor}", section: "step_script") { nodes { text } }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});
