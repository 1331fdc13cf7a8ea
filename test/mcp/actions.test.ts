import { describe, expect, it } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { callTool, connectClient, postMcp, startMcp } from '../helpers/mcp.ts';

const { project, failedPipelineId: pipeline, failedJobId: job } = demo;
const start = () => startMcp({ env: { MCP_WRITES: 'true' } });
const writes = ['retry', 'cancel', 'play'];

describe('tools that write', () => {
  it('are ten tools with the others, each with hints for the host', async () => {
    const { url } = await start();
    const { tools } = await (await connectClient(url, { token: null })).listTools();
    expect(tools).toHaveLength(10);
    const hints = (name: string) => tools.find((tool) => tool.name === name)?.annotations;
    for (const { name } of tools) {
      const isWrite = writes.includes(name);
      expect(hints(name)).toEqual({
        readOnlyHint: !isWrite,
        destructiveHint: isWrite,
        idempotentHint: !isWrite || name === 'cancel',
      });
    }
  });

  it.each(writes)('%s is unknown without the setting', async (name) => {
    const { url, calls } = await startMcp();
    const headers = { 'private-token': demo.token };
    const params = { name, arguments: { project, job } };
    expect(await postMcp(url, 'tools/call', params, headers)).toMatchObject({
      error: { message: expect.stringMatching(/^Unknown tool\. Known: why_failed, /) },
    });
    expect(calls()).toEqual([]);
  });

  it('retry a job by number or address, in one call', async () => {
    const { call, calls, simulator } = await start();
    const byNumber = await call('retry', { project, job });
    expect(byNumber.text).toMatch(
      /^1 of 1 job retried:\n {3}unit tests \(job 12345678923\): retried, now job \d+, pending$/,
    );
    expect(calls()).toEqual(['POST /projects/acme%2Fshop%2Fweb/jobs/12345678923/retry']);
    const url = `${simulator.url}/${project}/-/jobs/${demo.successJobId}`;
    expect((await call('retry', { url })).text).toMatch(/^1 of 1 job retried:/);
    expect(calls()).toHaveLength(1);
    // The job was already retried above, and a job can be retried only once.
    const again = await call('retry', { project, job });
    expect(again.isError).toBe(true);
    expect(again.text).toMatch(/^0 of 1 job retried:\n {3}job 12345678923: refused: /);
  });

  it('plan what they would do to a pipeline, and do it if asked', async () => {
    const { call, calls } = await start();
    const plan = await call('retry', { project, pipeline, stage: 'test' });
    expect(plan).toMatchObject({ isError: false });
    expect(plan.text).toBe(`\
dry run, nothing was sent; 1 job would be retried:
   unit tests (job 12345678923): would be retried
   to do it: retry(project: "acme/shop/web", pipeline: "9876543204", stage: "test", max: 5, dry_run: false)`);
    expect(calls().map((one) => one.slice(0, 4))).toEqual(['GET ', 'GET ']);
    const done = await call('retry', { project, pipeline, stage: 'test', dry_run: false });
    expect(done.text).toMatch(/^1 of 1 job retried:/);
    expect(calls().map((one) => one.slice(0, 4))).toEqual(['GET ', 'GET ', 'POST']);
  });

  it('plan for the newest pipeline of a ref, and then name this pipeline', async () => {
    const { call } = await start();
    const { text } = await call('retry', { project, ref: 'refund-shipping' });
    expect(text).toContain(
      'to do it: retry(project: "acme/shop/web", pipeline: "9876543204", max: 5, dry_run: false)',
    );
  });

  it('play and cancel jobs', async () => {
    const { call, calls } = await start();
    const played = await call('play', { project, job: demo.manualJobId });
    expect(played.text).toBe(
      '1 of 1 job played:\n   deploy production (job 12345678918): played, pending',
    );
    const canceled = await call('cancel', { project, job: demo.runningJobId });
    expect(canceled.text).toMatch(/^1 of 1 job canceled:\n.*\(job 12345678934\): canceled, cancel/);
    expect(calls().map((one) => one.replace(/.*\//, ''))).toEqual(['play', 'cancel']);
  });

  it('send nothing for a job in a dry run, for too many jobs, and for none', async () => {
    const { call, calls } = await start();
    const plan = await call('retry', { project, job, dry_run: true });
    expect(plan.text).toContain('job 12345678923: would be retried');
    const stage = await call('retry', { project, job, stage: 'test' });
    expect(stage).toMatchObject({
      isError: true,
      text: 'Give `stage` only with a pipeline or ref.',
    });
    expect(calls()).toEqual([]);
    const running = { project, pipeline: demo.runningPipelineId, dry_run: false };
    const many = await call('cancel', { ...running, max: 1 });
    expect(many.isError).toBe(true);
    expect(many.text).toMatch(
      /^Nothing was sent\. \d+ jobs fit, more than max 1: raise `max`, or give `stage`\.$/,
    );
    const none = await call('retry', { ...running, pipeline: demo.pipelineId });
    expect(none.text).toBe('Nothing was sent: no job fits. retry takes failed and canceled jobs.');
    expect(calls().filter((one) => one.startsWith('POST'))).toEqual([]);
  });

  it('say that a token is not permitted to write', async () => {
    const { call } = await start();
    const { text, isError } = await call('retry', { project, job }, demo.tokens.readOnly);
    expect(isError).toBe(true);
    expect(text).toMatch(/: refused: .*insufficient_scope|: refused: .*privileges/);
  });

  it('use the token of the gateway only if it may write', async () => {
    const env = { MCP_WRITES: 'true', GITLAB_TOKEN: demo.token };
    const reads = await startMcp({ env });
    const refused = await callTool(reads.url, 'retry', { project, job }, {});
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/^The gateway’s own token is for reads only: send your own/);
    expect(reads.calls()).toEqual([]);
    const both = await startMcp({ env: { ...env, GITLAB_TOKEN_WRITES: 'true' } });
    expect((await callTool(both.url, 'retry', { project, job }, {})).text).toMatch(/^1 of 1 job/);
  });

  it('work with a schema whose types have a prefix', async () => {
    const { call } = await startMcp({
      env: { MCP_WRITES: 'true', FEDERATION: 'true', FEDERATION_TYPE_PREFIX: 'Ci' },
    });
    expect((await call('retry', { project, job })).text).toMatch(/^1 of 1 job retried:/);
  });
});
