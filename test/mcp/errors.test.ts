import { describe, expect, it } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { startMcp } from '../helpers/mcp.ts';

const { project, failedJobId: job, failedPipelineId: pipeline } = demo;

const calls = [
  ['why_failed', { project, pipeline }],
  ['why_failed', { project, job }],
  ['why_failed', { project, ref: 'main' }],
  ['pipeline_board', { project, pipeline }],
  ['read_log', { project, job }],
  ['read_log', { project, job, from_line: 1 }],
  ['read_log', { project, pipeline, job_name: 'a' }],
  ['search_log', { project, job, any_of: ['a'] }],
  ['job_history', { project, job }],
] as const;

const NOT_AVAILABLE = 'GitLab is not available: call again in a minute.';

describe('failed calls to GitLab', () => {
  it.each([
    [demo.tokens.expired, /^GitLab rejected the credential, or requires one: the configuration/],
    ['glpat-unknown-0123456789', /^GitLab rejected the credential, or requires one: /],
  ])('because of the token %s are told in one sentence', async (token, sentence) => {
    const { call, bugs } = await startMcp();
    for (const [tool, args] of calls) {
      const { text, isError } = await call(tool, args, token);
      expect(text, tool).toMatch(sentence);
      expect(isError).toBe(true);
    }
    expect(bugs).toEqual([]);
  });

  it.each([
    ['500', /^GitLab is not available: call again in a minute\.$/],
    ['maintenance', /^GitLab is not available: call again in 60 s\.$/],
    ['429', /^GitLab allows no more calls for \d+ s: call again then\.$/],
  ] as const)('with %s are told in one sentence that says what to do', async (kind, sentence) => {
    const { call, simulator, bugs } = await startMcp();
    simulator.fail({ kind, times: Infinity });
    for (const [tool, args] of calls) {
      const { text, isError } = await call(tool, args);
      expect(text, tool).toMatch(sentence);
      expect(isError).toBe(true);
    }
    expect(bugs).toEqual([]);
  });

  it('that take too long are told as such', async () => {
    const { call, simulator } = await startMcp({ env: { UPSTREAM_HEADERS_TIMEOUT_MS: '20' } });
    simulator.fail({ kind: 'hang', times: Infinity });
    const { text, isError } = await call('why_failed', { project, job });
    expect(text).toBe('GitLab did not answer in time: call again.');
    expect(isError).toBe(true);
  });

  it('of one project are told next to the jobs of another', async () => {
    const { call, simulator } = await startMcp();
    simulator.fail({ kind: '500', match: 'mobile', times: Infinity });
    const { text, isError } = await call('list_jobs', {
      projects: [project, 'acme/shop/mobile'],
      limit: 2,
    });
    expect(isError).toBe(false);
    expect(text).toContain('not read: acme/shop/mobile: ');
  });

  it('of a log leave the other facts, but a log that was not read is not empty', async () => {
    const { call, simulator } = await startMcp();
    simulator.fail({ kind: '500', match: '/trace', times: Infinity });
    const { text, isError } = await call('why_failed', { project, pipeline });
    expect(isError).toBe(false);
    expect(text).toContain(`Not complete: ${NOT_AVAILABLE}`);
    expect(text).toContain('1. unit tests (job 12345678923');
    expect(text).toContain('no lines of its log can be shown');
    const error = { isError: true, text: NOT_AVAILABLE };
    expect(await call('read_log', { project, job })).toMatchObject(error);
    expect(await call('read_log', { project, job, from_line: 1 })).toMatchObject(error);
    expect(await call('search_log', { project, job, any_of: ['a'] })).toMatchObject(error);
  });
});
