import { describe, expect, it } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { build, pipelineRow, startPipelines } from '../graphql/pipeline-upstream.ts';
import { callTool, startMcp } from '../helpers/mcp.ts';

const { project, failedJobId: job, failedPipelineId: pipeline } = demo;

describe('pipeline_board', () => {
  it('shows a pipeline by stage, in two calls', async () => {
    const { call, calls } = await startMcp();
    const { text } = await call('pipeline_board', { project, pipeline });
    expect(text).toContain('ref refund-shipping: FAILED, 8 jobs: 4 skipped, 3 passed, 1 FAILED\n');
    expect(text).toContain('\n   test FAILED, 2 jobs; FAILED: unit tests (job 12345678923)\n');
    expect(text).toMatch(/\ncritical path, 77 s: typecheck 12 s, queued 2 s > e2e 60 s/);
    expect(text).toMatch(/\n {3}why: why_failed\(url: ".*\/pipelines\/9876543204"\)$/);
    expect(calls()).toHaveLength(2);
  });

  it('shows only jobs that can be played, of the newest pipeline of a ref in three calls', async () => {
    const { call, calls } = await startMcp();
    const args = { project, pipeline: demo.pipelineId, only: 'manual' };
    expect((await call('pipeline_board', args)).text).toMatch(
      /\n {3}deploy production \(job 12345678918, stage deploy\): manual; allowed to fail; can be played$/,
    );
    calls();
    const { text } = await call('pipeline_board', { project, ref: 'main' });
    expect(text).toContain('pipeline 9876543205 of acme/shop/web, ref main');
    expect(calls()).toHaveLength(3);
  });
});

describe('read_log', () => {
  it('reads the end of the section that failed, in two calls', async () => {
    const { call, calls } = await startMcp();
    const { text } = await call('read_log', { project, job, lines: 2 });
    expect(text).toMatch(
      /^job 12345678923 of acme\/shop\/web \(unit tests, FAILED\), section step_script, 46 lines/,
    );
    expect(text).toMatch(/\n {3}41 {2}Test Files .*\n {3}42 {7}Tests .*\n {3}~~~log-[\da-f]{6}\n/);
    expect(text).toContain('lines 41-42 of 46');
    expect(text).toMatch(
      /\n {3}after: read_log\(project: "acme\/shop\/web", job: "12345678923", from_line: 43, lines: 2\)$/,
    );
    expect(calls()).toHaveLength(2);
  });

  it('reads lines by number or the end of a section in one call', async () => {
    const { call, calls } = await startMcp();
    const byLine = await call('read_log', { project, job, from_line: 14, lines: 1 });
    expect(byLine.text).toContain('\n   14 Executing "step_script" stage of the job script\n');
    expect(calls()).toHaveLength(1);
    const bySection = await call('read_log', { project, job, section: 'get_sources', lines: 1 });
    expect(bySection.text).toContain('lines 13-13 of 46');
    expect(calls()).toHaveLength(1);
  });

  it('finds the job of a pipeline by its name, in one call more', async () => {
    const { call, calls } = await startMcp();
    const named = { project, pipeline, job_name: 'unit tests', from_line: 14, lines: 1 };
    expect((await call('read_log', named)).text).toContain('14 Executing');
    expect(calls()).toHaveLength(2);
    const wrong = await call('read_log', { ...named, job_name: 'unit' });
    expect(wrong.text).toMatch(/^The pipeline has no job of this name. Names: .*"unit tests"/);
    const none = await call('read_log', { project, pipeline });
    expect(none.text).toMatch(/^Which job of the pipeline\? Give `job_name`/);
  });

  it('keeps a log of 20 MB within the limit', async () => {
    const world = seedWorld({ now: Date.now() });
    const long = `${`${'x'.repeat(199)}\n`.repeat(100_000)}ERROR: the end\n`;
    Object.assign(world.job(job) ?? {}, { log: [Buffer.from(long)] });
    const { call } = await startMcp({ simulator: { world } });
    for (const [tool, args] of [
      ['why_failed', { lines: 200 }],
      ['read_log', { lines: 1_000 }],
      ['search_log', { any_of: ['x', 'end'], from_end: true, max_matches: 100 }],
    ] as const) {
      const { text, isError } = await call(tool, { project, job, ...args });
      expect(isError).toBe(false);
      expect(text).toContain('ERROR: the end');
      expect(text.length).toBeLessThanOrEqual(6_000);
    }
  });
});

describe('search_log', () => {
  it('finds lines of a log, in one call', async () => {
    const { call, calls } = await startMcp();
    const args = { project, job, any_of: ['refund'], context: 0, max_matches: 2 };
    const { text } = await call('search_log', args);
    expect(text).toMatch(/lines with one of these texts, the first 2 shown\n/);
    expect(text).toMatch(/\n {3}>27 .*\n {3}>28 /);
    expect(text).toContain('raise max_matches');
    expect(calls()).toHaveLength(1);
  });

  it('says how many lines of the excerpts its length left out', async () => {
    const world = seedWorld({ now: Date.now() });
    const text = Array.from({ length: 200 }, (_, at) => (at % 2 ? 'other' : 'found')).join('\n');
    Object.assign(world.job(job) ?? {}, { log: [Buffer.from(text)] });
    const { call } = await startMcp({ simulator: { world }, env: { MCP_MAX_CHARS: '1000' } });
    const args = { project, job, any_of: ['found'], context: 0, max_matches: 100 };
    const answer = (await call('search_log', args)).text;
    const shown = answer.match(/^ +>\d+ found$/gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(5);
    expect(answer).toContain(`${100 - shown} lines left out for length`);
  });

  it('finds a job by its name in one pipeline, even if a newer one starts between two pages', async () => {
    const jobs = Array.from({ length: 101 }, (_, at) => build(at + 1, `job ${at + 1}`));
    const newest = { project: 42, status: 'running', jobs, bridges: [] };
    const { url, calls, faults } = await startPipelines({ 900: newest }, { env: { MCP: 'true' } });
    let id = 900;
    faults['/projects/42/pipelines'] = {
      status: 200,
      get body() {
        return [pipelineRow(id++, newest)];
      },
    };
    const headers = { 'content-type': 'text/plain' };
    faults['/projects/42/jobs/1/trace'] = { status: 200, body: 'a line', headers };
    const args = { project: '42', ref: 'main', job_name: 'job 1', any_of: ['line'] };
    const { text } = await callTool(url, 'search_log', args);
    expect(text).toMatch(/^job 1 of 42: 1 line with one of these texts/);
    expect(calls()).toEqual([
      'GET /projects/42/pipelines?ref=main&page=1&per_page=1',
      'GET /projects/42/pipelines/900/jobs?page=1&per_page=100',
      // The second read begins with the row of the cursor.
      'GET /projects/42/pipelines/900/jobs?page=1&per_page=100',
      'GET /projects/42/pipelines/900/jobs?page=2&per_page=100',
      'GET /projects/42/jobs/1/trace',
    ]);
  });

  it.each([
    [22, 'test', 'The pipeline has no job of this name. Names: "job 22", …, "job 3" and 2 more.'],
    [
      620,
      'job 3',
      'None of the newest 500 jobs of the pipeline has this name. Names: "job 620", …, "job 601" and 480 more.',
    ],
  ])(
    'says of %i jobs which it searched for %j, and how many names it leaves out',
    async (count, job_name, says) => {
      const jobs = Array.from({ length: count }, (_, at) => build(at + 1, `job ${at + 1}`));
      const pipelines = { 900: { project: 42, status: 'running', jobs, bridges: [] } };
      const { url } = await startPipelines(pipelines, { env: { MCP: 'true' } });
      const args = { project: '42', pipeline: 900, job_name, any_of: ['line'] };
      const { text } = await callTool(url, 'search_log', args);
      expect(text.replace(/, .*, /, ', …, ')).toBe(says);
    },
  );

  it('names the bounds before any call', async () => {
    const { call, calls } = await startMcp();
    const args = { project, job, any_of: ['a'], max_matches: 101 };
    expect((await call('search_log', args)).text).toBe(
      '`max_matches` must be a whole number from 1 to 100.',
    );
    expect(calls()).toEqual([]);
  });
});

describe('list_jobs', () => {
  it('lists jobs of projects, and goes on with older ones, in a call per project', async () => {
    const { call, calls } = await startMcp();
    const args = { projects: [project, 'no/such'], statuses: ['failed'], limit: 1 };
    const { text } = await call('list_jobs', args);
    expect(text).toContain(
      '\n   12345678923 FAILED unit tests | refund-shipping | acme/shop/web | 40 s\n',
    );
    expect(text).toContain('before_id: "12345678923")');
    expect(text).toMatch(/\nnot read: no\/such: no such project, or your token may not see it$/);
    expect(calls()).toHaveLength(2);
    const older = await call('list_jobs', { ...args, before_id: 12345678923 });
    expect(older.text).toContain('\n   12345678913 FAILED unit tests | main');
    const wrong = await call('list_jobs', { ...args, statuses: ['broken'] });
    expect(wrong.text).toMatch(/^`statuses` must be of: created, /);
  });
});

describe('job_history', () => {
  it('lists earlier runs of a job', async () => {
    const { call, calls } = await startMcp();
    const { text } = await call('job_history', { project, job: demo.successJobId });
    expect(text).toMatch(/ref main of acme\/shop\/web: this run is 12345678915 passed/);
    expect(text).toMatch(/\n {3}\d+ passed, \d+ s, 2\d{3}-.*, pipeline \d+/);
    expect(calls()).toHaveLength(2);
  });
});
