import { describe, expect, it } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { callTool, startMcp } from '../helpers/mcp.ts';

const { project, failedJobId: job, failedPipelineId: pipeline } = demo;

/**
 * The tools that take a URL, or a project with an id. The values are their other required
 * arguments.
 */
const tools = {
  why_failed: {},
  pipeline_board: {},
  read_log: {},
  job_history: {},
  search_log: { any_of: ['Tests'] },
};
const number = '`job` must be GitLab\'s number as a string, such as "12345".';
const path = '`project` must be a full path such as "group/app", or its number.';
const one = 'Give only one of `pipeline`, `job` and `ref`.';

/** Invalid arguments, each with the beginning of the error message. */
const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
  [{}, 'Give `url`, the web address of a job or pipeline, or `project` with'],
  [{ url: null, project: null }, 'Give `url`, the web address of a job'],
  [{ url: '' }, '`url` must be a web address of http://'],
  [{ url: 7 }, '`url` is not valid: '],
  [{ url: ['a'] }, '`url` is not valid: '],
  [{ url: 'https://other.example.com/a/b/-/jobs/1' }, '`url` must be a web address of http://'],
  [{ url: 'x'.repeat(5_000) }, '`url` is not valid: '],
  [{ project: '', job }, path],
  [{ project: 'one', job }, path],
  [{ project: '../..', job }, path],
  [{ project: `${project}\u202e`, job }, path],
  [{ project, job: '' }, number],
  [{ project, job: -1 }, number],
  [{ project, job: 1.5 }, number],
  [{ project, job: '1e3' }, number],
  [{ project, job: 2 ** 60 }, number],
  [{ project, job: '99999999999999999999' }, number],
  [{ project, job: Array.from({ length: 2_000 }, () => 1) }, number],
  [{ project, job, pipeline }, one],
  [{ project, job, ref: '' }, one],
  [{ project, job, url: 'https://gitlab.example.com/a/b/-/jobs/1' }, 'Give either `url` or'],
];

describe('arguments', () => {
  it('that are wrong are refused in a sentence, without a call to GitLab', async () => {
    const { call, calls, bugs } = await startMcp();
    for (const [tool, more] of Object.entries(tools)) {
      for (const [args, sentence] of wrong) {
        const { text, isError } = await call(tool, { ...more, ...args });
        expect(text.slice(0, sentence.length), JSON.stringify(args)).toBe(sentence);
        expect(text.length).toBeLessThanOrEqual(500);
        expect(isError).toBe(true);
      }
    }
    expect(calls()).toEqual([]);
    expect(bugs).toEqual([]);
  });

  it('have lists, numbers and texts of their own bounds', async () => {
    const { call, calls } = await startMcp();
    const refusals: readonly (readonly [string, Record<string, unknown>, string])[] = [
      ['read_log', { project, job, from_line: 0 }, '`from_line` must be a whole number from 1'],
      ['read_log', { project, job, from_line: 1.5 }, '`from_line` must be a whole number from 1'],
      ['read_log', { project, job, lines: 1_001 }, '`lines` must be a whole number from 1 to 1000'],
      ['read_log', { project, job, lines: '5' }, '`lines` must be a whole number from 1 to 1000'],
      ['read_log', { project, job, section: 'a', from_line: 1 }, 'Give only one of `section` and'],
      ['search_log', { project, job }, '`any_of` is not valid'],
      ['search_log', { project, job, any_of: [] }, '`any_of` is not valid'],
      ['search_log', { project, job, any_of: [''] }, '`any_of.0` is not valid'],
      ['search_log', { project, job, any_of: Array(5_000).fill('a') }, '`any_of` is not valid'],
      ['job_history', { project, job, runs: -3 }, '`runs` must be a whole number from 1 to 50'],
      ['list_jobs', { projects: project }, '`projects` is not valid'],
      [
        'list_jobs',
        { projects: [project, 'web'] },
        '`projects` must be full paths such as "group/app", or numbers, not "web".',
      ],
      ['list_jobs', { projects: Array(21).fill(project) }, '`projects` is not valid'],
      ['list_jobs', { projects: [project], before_id: 'x' }, '`before_id` must be GitLab'],
      ['pipeline_board', { project, pipeline, only: 'broken' }, '`only` is not valid'],
    ];
    for (const [tool, args, sentence] of refusals) {
      const { text, isError } = await call(tool, args);
      expect(text.slice(0, sentence.length), JSON.stringify(args).slice(0, 99)).toBe(sentence);
      expect(isError).toBe(true);
    }
    expect(calls()).toEqual([]);
  });

  it('that are unknown are named, but not at length, with those that are known', async () => {
    const { call } = await startMcp();
    const names = ['job id\u202e', '```', 'x'.repeat(3_000), 'd', 'e', 'f', 'g'];
    const args = Object.fromEntries(names.map((name) => [name, 1]));
    const { text } = await call('why_failed', { project, job, ...args });
    expect(text).toBe(
      `why_failed has no argument "job id", "'''", "${'x'.repeat(39)}…", "d", "e", …. It has: url, project, pipeline, job, ref, max_jobs, lines.`,
    );
  });

  it('may be null, numbers for ids, and addresses with a fragment or query', async () => {
    const { call, simulator } = await startMcp();
    const url = `${simulator.url}/acme/shop/web/-/jobs/${job}`;
    const nothing = { pipeline: null, ref: null, max_jobs: null };
    for (const address of [
      { project, job: String(job) },
      { project, job },
      { url: `${url}#L12` },
      { url: `${url}?a=b#x` },
      { url: `${url}/raw` },
    ]) {
      const { text } = await call('why_failed', { ...nothing, ...address });
      expect(text, JSON.stringify(address)).toContain('exit code 1');
    }
    const ofProject = await call('why_failed', { url: `${simulator.url}/acme/shop/web` });
    expect(ofProject.text).toMatch(/^`url` must be the address of a job or pipeline, such as/);
  });

  it('name what does not exist', async () => {
    const world = seedWorld({ now: Date.now() });
    world.addProject({ path: 'acme/shop/empty' });
    const { call } = await startMcp({ simulator: { world } });
    expect(await call('read_log', { project, job, from_line: 9_999 })).toMatchObject({
      isError: true,
      text: 'The log ends with line 46: give a smaller `from_line`.',
    });
    expect((await call('read_log', { project, job, section: 'none' })).text).toMatch(
      /^The log has no such section: /,
    );
    const ref = 'feature/ü 😀?&=#%';
    expect((await call('pipeline_board', { project, ref })).text).toBe(
      'acme/shop/web has no pipeline for this ref that your token may see: check `ref`.',
    );
    expect((await call('pipeline_board', { project: 'acme/shop/empty' })).text).toBe(
      'acme/shop/empty has no pipeline that your token may see: check `project`.',
    );
    expect((await call('why_failed', { project, ref: 'x'.repeat(2_000) })).text).toBe(
      '`ref` must have at most 1024 bytes.',
    );
  });

  it('that are no object are errors of the protocol', async () => {
    const { url } = await startMcp();
    for (const args of [[], 'text', 7]) {
      await expect(callTool(url, 'why_failed', args as never)).rejects.toThrow('Invalid');
    }
  });
});
