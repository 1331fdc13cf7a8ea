import { describe, expect, it } from 'vitest';
import { createTestClock } from '../gitlab/upstream.ts';
import { callTool, startMcp } from '../helpers/mcp.ts';
import type { StartOptions } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from '../live/subscribe.ts';
import { running, runningWorld } from '../live/worlds.ts';

const project = 'group/app';
const pipeline = '900';
const caller = { 'private-token': tokens.alice };
const FOLLOW = `subscription ($id: ID!) { pipelineUpdated(id: $id) { pipeline { status } } }`;

/**
 * Starts a gateway and a simulated GitLab with a pipeline that has a running job and a pending one.
 * The test advances the clock.
 */
async function start(options: StartOptions = {}) {
  const world = runningWorld();
  const record = world.pipeline(900);
  if (!record) throw new Error('no pipeline');
  world.addJob(record, { id: 2002, name: 'next', status: 'pending', plan: { frozen: true } });
  const time = createTestClock();
  const started = await startMcp({
    simulator: { world },
    live: { clock: time.clock, random: () => 0.5 },
    ...options,
    // With this interval, a poll reads when it begins, and not again before a `wait` of 50 s ends.
    config: { pollIntervalMs: 60_000, ...options.config },
  });
  const wait = (args: Record<string, unknown>, headers: Record<string, string> = caller) =>
    callTool(started.url, 'wait', { project, pipeline, ...args }, headers);
  /**
   * Resolves when `count` timers are set: one for the poll, and one for each call of `wait`. The
   * poll sets its timer before the gateway executes the subscriptions for the event. So this
   * function then requests /health: when the response arrives, they have been executed.
   */
  const untilTimers = async (count: number) => {
    await expect.poll(() => time.timers.size).toBe(count);
    await (await fetch(new URL('/health', started.url))).text();
  };
  return { ...started, world, time, wait, untilTimers };
}

/** Options with which the poll reads again within 15 s. */
const fast = { config: { pollIntervalMs: 10_000 } };

describe('wait', () => {
  it('says what changed once the pipeline is finished', async () => {
    const { wait, world, untilTimers, time } = await start(fast);
    const answer = wait({ seconds: 55 });
    await untilTimers(2);
    world.finishJob(running.job, 'success');
    world.finishJob(2002, 'failed', 'script_failure');
    time.advance(15_000);
    const { text, isError } = await answer;
    expect(isError).toBe(false);
    expect(text).toBe(`\
pipeline 900 of group/app, ref main: FAILED, 2 of 2 done; 2 jobs changed:
   long (job 2001): running > passed
   next (job 2002): pending > FAILED
   why: why_failed(project: "group/app", pipeline: "900")`);
  });

  it('makes no call if another subscriber of the caller follows the pipeline', async () => {
    const gateway = await start();
    const { wait, time, untilTimers, subscriptions, calls } = gateway;
    // After this call, the gateway knows the numeric id of the project. The subscription below uses
    // this id, and the tool uses the path; both must share a poll.
    await callTool(gateway.url, 'pipeline_board', { project, pipeline }, caller);
    const variables = { id: running.pipelineId };
    await subscribe(gateway, FOLLOW, { token: tokens.alice, variables }).next();
    await untilTimers(1);
    calls();
    const answer = wait({});
    await untilTimers(2);
    expect(await subscriptions()).toBe('2');
    time.advance(49_999);
    time.advance(1);
    const { text, isError } = await answer;
    expect(isError).toBe(false);
    expect(text).toBe(`\
pipeline 900 of group/app, ref main: running, 0 of 2 done; nothing changed meanwhile
   Still running, 0 of 2 done: call again, wait(project: "group/app", pipeline: "900", until: "finished", seconds: 50)`);
    expect(calls()).toEqual([]);
    expect(await subscriptions()).toBe('1');
  });

  it('ends at the first failed job if this is asked for', async () => {
    const { wait, world, untilTimers, time, calls } = await start(fast);
    const answer = wait({ until: 'failed' });
    await untilTimers(2);
    expect(calls()).toHaveLength(3);
    world.finishJob(running.job, 'failed', 'script_failure');
    time.advance(15_000);
    expect((await answer).text).toMatch(
      /^pipeline 900 .*: running, 1 of 2 done; 1 job changed:\n {3}long .*: running > FAILED\n {3}why: /,
    );
    // The job had already failed before this call.
    expect((await wait({ until: 'failed' })).text).toMatch(/nothing changed meanwhile\n {3}why: /);
  });

  it('waits for a job', async () => {
    const { wait, world, untilTimers, time } = await start(fast);
    const answer = wait({ pipeline: undefined, job: running.job });
    await untilTimers(2);
    world.finishJob(running.job, 'success');
    time.advance(15_000);
    expect((await answer).text).toBe(`\
long (job 2001) of group/app: passed; 1 job changed:
   long (job 2001): running > passed`);
  });

  it('does not wait for a pipeline that waits for a manual job', async () => {
    const { wait, world } = await start();
    const record = world.pipeline(900);
    if (record) record.jobs.length = 0;
    world.addJob(900, { name: 'deploy', status: 'manual', when: 'manual', plan: { frozen: true } });
    expect((await wait({})).text).toContain(
      'It waits for a manual job and does not go on by itself',
    );
  });

  it('finds the newest pipeline of a ref, for a call', async () => {
    const { wait, calls, time, untilTimers } = await start();
    const answer = wait({ pipeline: undefined, ref: 'main' });
    await untilTimers(2);
    expect(calls()).toHaveLength(4);
    time.advance(50_000);
    // A newer pipeline may have started: the next call goes on with this one.
    const { text } = await answer;
    expect(text).toMatch(/^pipeline 900 /);
    expect(text).toContain('call again, wait(project: "group/app", pipeline: "900", until: ');
  });

  it('ends when the caller disconnects', async () => {
    const { url, untilTimers, subscriptions, time } = await start();
    const gone = new AbortController();
    const body = {
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
      params: { name: 'wait', arguments: { project, pipeline } },
    };
    const answer = fetch(`${url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...caller,
      },
      body: JSON.stringify(body),
      signal: gone.signal,
    }).then(
      (response) => response.text(),
      () => '',
    );
    await untilTimers(2);
    expect(await subscriptions()).toBe('1');
    gone.abort();
    await answer.catch(() => '');
    await expect.poll(subscriptions).toBe('0');
    expect(time.timers.size).toBe(0);
  });

  it('ends when the gateway shuts down', async () => {
    const { wait, untilTimers, gateway } = await start();
    const answer = wait({});
    await untilTimers(2);
    await gateway.drain();
    expect((await answer).text).toContain('The gateway restarts: call again');
  });

  it('says what ended it before GitLab answered: the time, or a shutdown', async () => {
    const { wait, simulator, time, untilTimers, gateway } = await start();
    simulator.fail({ kind: 'hang', times: Infinity });
    const again = 'wait(project: "group/app", pipeline: "900", until: "finished", seconds: 50)';
    const late = wait({});
    await untilTimers(1);
    time.advance(50_000);
    expect((await late).text).toBe(`GitLab did not answer within 50 s: call again, ${again}`);
    const interrupted = wait({});
    await untilTimers(1);
    await gateway.drain();
    expect((await interrupted).text).toBe(`The gateway restarts: call again, ${again}`);
  });

  it('counts against the subscriptions of the caller', async () => {
    const { wait, time, untilTimers } = await start({ config: { maxSubscriptionsPerCaller: 1 } });
    const first = wait({});
    await untilTimers(2);
    const second = await wait({});
    expect(second).toMatchObject({ isError: true });
    expect(second.text).toBe(
      'The maximum number of subscriptions is reached, for this caller or in total. Try again later.',
    );
    time.advance(50_000);
    expect((await first).isError).toBe(false);
  });

  it('says that a pipeline does not exist', async () => {
    const { wait } = await start();
    expect(await wait({ pipeline: 1 })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^No such job or pipeline, or your token may not see it/),
    });
    expect((await wait({ seconds: 56 })).text).toBe(
      '`seconds` must be a whole number from 1 to 55.',
    );
  });
});
