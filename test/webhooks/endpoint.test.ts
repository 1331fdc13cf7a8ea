import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/util/secret.ts';
import { createTestClock, until } from '../gitlab/upstream.ts';
import { type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from '../live/subscribe.ts';
import { FOLLOW, running, runningWorld } from '../live/worlds.ts';

const SECRET = 'hook-secret';
const TAIL = 'subscription ($id: ID!) { jobTraceAppended(id: $id) { endByte } }';
const PIPELINE = 'subscription ($id: ID!) { pipelineUpdated(id: $id) { pipeline { status } } }';

/** Starts a gateway whose poll interval is so long that tests see changes only through webhooks. */
async function start(secret = SECRET, live: StartOptions['live'] = {}) {
  const world = runningWorld();
  const config = { gitlabWebhookSecret: new Secret(secret), pollIntervalMs: 60_000 };
  const gateway = await startGateway({ simulator: { world }, config, live });
  const send = (body: unknown, headers: Record<string, string> = { 'x-gitlab-token': secret }) =>
    fetch(`${gateway.url}/webhooks/gitlab`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const follow = async () => {
    const job = subscribe(gateway, FOLLOW, { token: tokens.alice, variables: { id: running.id } });
    expect(await job.next()).toMatchObject({ data: { jobUpdated: { status: 'RUNNING' } } });
    return job;
  };
  return { ...gateway, world, send, follow };
}

/**
 * Starts a gateway with a clock that the test advances, so that scheduled polls can be observed.
 */
async function startStill(secret = SECRET) {
  const time = createTestClock();
  const isPollDue = (withinMs = 300) =>
    [...time.timers].some(({ at }) => at - time.now() <= withinMs);
  return { ...(await start(secret, { clock: time.clock })), time, isPollDue };
}

const jobHook = (build_id = running.job, more = {}) => ({
  object_kind: 'build',
  build_id,
  build_status: 'success',
  pipeline_id: 900,
  project_id: 42,
  ...more,
});

const HOOK = JSON.stringify(jobHook());
const SIGNING_KEY = Buffer.from('signing key');
const SIGNING_TOKEN = `whsec_${SIGNING_KEY.toString('base64')}`;

/** Returns the headers of a webhook that is signed with the current time. */
function signed(id: string, body = HOOK): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hmac = createHmac('sha256', SIGNING_KEY).update(`${id}.${timestamp}.${body}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${hmac.digest('base64')}`,
  };
}

const key = (value: string): Record<string, string> => (value ? { 'idempotency-key': value } : {});

const ended = (status: string) => ({ data: { jobUpdated: { id: running.id, status } } });

describe('POST /webhooks/gitlab', () => {
  it('triggers a poll of the job; the event contains what GitLab returns, not what the webhook says', async () => {
    const { world, send, follow } = await start();
    const job = await follow();
    world.finishJob(running.job, 'failed');
    expect((await send(jobHook())).status).toBe(204);
    expect(await job.rest()).toEqual([ended('FAILED')]);
  });

  it('triggers a poll within 300 ms, even right after another poll', async () => {
    const { world, send, follow, time, isPollDue } = await startStill();
    const job = await follow();
    await until(() => time.timers.size === 1);
    expect(isPollDue()).toBe(false);
    world.finishJob(running.job, 'success');
    await send(jobHook());
    expect(isPollDue()).toBe(true);
    // Without the webhook, the next poll would be a minute later.
    time.advance(300);
    expect(await job.rest()).toEqual([ended('SUCCESS')]);
    expect(time.timers.size).toBe(0);
  });

  it('does not slow down the polls of a log, which webhooks do not report', async () => {
    const { url, send, time, isPollDue, simulator } = await startStill();
    await send(jobHook());
    const variables = { id: running.id };
    const log = subscribe({ url }, TAIL, { token: tokens.alice, variables });
    await log.next();
    const logReads = () => simulator.requests.filter(({ path }) => path.endsWith('/trace')).length;
    // The log is read for the first subscriber, again because the state of the job has arrived, and
    // then at the usual interval.
    for (const [count, ms] of [300, 1.2 * 60_000, 1.2 * 60_000].entries()) {
      await until(() => logReads() === count + 1 && time.timers.size === 2);
      expect(isPollDue(ms)).toBe(true);
      time.advance(ms);
    }
    await until(() => logReads() === 4);
    log.leave();
  });

  it.each([
    ['running', 1.2],
    ['success', 9.6],
  ] as const)(
    'polls a pipeline whose trigger job is %s after %s intervals at the latest',
    async (status, intervals) => {
      const { url, world, send, time, isPollDue, simulator } = await startStill();
      const pipeline = world.pipeline(900);
      if (!pipeline) throw new Error('no pipeline');
      world.addBridge(pipeline, { id: 2002, name: 'deploy', status, plan: { frozen: true } });
      await send(jobHook());
      const variables = { id: running.pipelineId };
      const followed = subscribe({ url }, PIPELINE, { token: tokens.alice, variables });
      await followed.next();
      await until(() => time.timers.size === 1);
      expect(simulator.requests).toHaveLength(3);
      // GitLab sends no webhooks for trigger jobs. So a pipeline with a running one is polled at
      // the usual interval.
      expect(isPollDue(1.2 * 60_000)).toBe(status === 'running');
      expect(isPollDue(intervals * 60_000)).toBe(true);
      followed.leave();
    },
  );

  it('accepts pipeline webhooks, too', async () => {
    const { world, send, follow } = await start();
    const job = await follow();
    world.finishJob(running.job, 'success');
    const hook = {
      object_kind: 'pipeline',
      object_attributes: { id: 900 },
      project: { id: 42 },
      builds: [{ id: running.job }],
    };
    expect((await send(hook)).status).toBe(204);
    expect(await job.rest()).toEqual([ended('SUCCESS')]);
  });

  it('sends no event for a forged body', async () => {
    const { send, follow, calls } = await start();
    const job = await follow();
    calls();
    await send(jobHook(running.job, { build_status: 'success', build_name: 'forged' }));
    await expect.poll(calls).toEqual([`GET /projects/42/jobs/${running.job}`]);
    job.leave();
  });

  it.each([
    ['key', SECRET, (id: string) => ({ 'x-gitlab-token': SECRET, 'idempotency-key': id })],
    // The signature covers `webhook-id`, but not `idempotency-key`: whoever replays a webhook can
    // change that key.
    ['signed id', SIGNING_TOKEN, (id: string, again = '') => ({ ...signed(id), ...key(again) })],
  ])('ignores a repeated webhook, by its %s', async (_what, secret, headers) => {
    const { send, follow, time, isPollDue, simulator } = await startStill(secret);
    const job = await follow();
    await until(() => time.timers.size === 1);
    await send(HOOK, headers('first'));
    expect(isPollDue()).toBe(true);
    time.advance(300);
    await until(() => simulator.requests.length === 2 && time.timers.size === 1);
    expect((await send(HOOK, headers('first', 'another key'))).status).toBe(204);
    // Reads that webhooks trigger have a minimum gap, but it is far shorter than the poll interval.
    expect(isPollDue(1_000)).toBe(false);
    await send(HOOK, headers('second'));
    expect(isPollDue(1_000)).toBe(true);
    job.leave();
  });

  it('accepts a signature in place of the token', async () => {
    const { world, send, follow } = await start(SIGNING_TOKEN);
    const job = await follow();
    world.finishJob(running.job, 'success');
    expect((await send(HOOK, signed('msg-1', 'something else'))).status).toBe(401);
    expect((await send(HOOK, { 'x-gitlab-token': SIGNING_TOKEN })).status).toBe(401);
    expect((await send(HOOK, signed('msg-1'))).status).toBe(204);
    expect(await job.rest()).toEqual([ended('SUCCESS')]);
  });

  it.each([
    ['no secret', {}, jobHook(), 401],
    ['a wrong secret', { 'x-gitlab-token': 'guess' }, jobHook(), 401],
    ['a body that is not JSON', { 'x-gitlab-token': SECRET }, '{', 400],
    ['a body that is not a webhook', { 'x-gitlab-token': SECRET }, { object_kind: 'build' }, 400],
    ['a body that is too large', { 'x-gitlab-token': SECRET }, 'x'.repeat(9 * 1024 * 1024), 413],
  ])('refuses %s', async (_what, headers, body, status) => {
    const { send, calls, bugs } = await start();
    const answer = await send(body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(calls()).toEqual([]);
    expect(bugs).toEqual([]);
  });

  it('closes the connection of a body that arrives in very many small chunks', async () => {
    const { url } = await start();
    const headers = { 'x-gitlab-token': SECRET };
    const sent = request(`${url}/webhooks/gitlab`, { method: 'POST', headers });
    const answered = new Promise<IncomingMessage>((resolve) => void sent.on('response', resolve));
    sent.on('error', () => {});
    for (let at = 0; at < 5_000; at += 1) sent.write('x');
    const { statusCode, headers: answer } = await answered;
    expect([statusCode, answer.connection]).toEqual([400, 'close']);
    sent.destroy();
  });

  it('names the encoding that it accepts if a body is compressed', async () => {
    const { send } = await start();
    const answer = await send(HOOK, { 'x-gitlab-token': SECRET, 'content-encoding': 'br' });
    expect(answer.status).toBe(415);
    expect(answer.headers.get('accept-encoding')).toBe('identity');
  });

  it('ignores webhooks of other kinds, and rejects methods other than POST', async () => {
    const { url, send } = await start();
    expect((await send({ object_kind: 'push' })).status).toBe(204);
    const answer = await fetch(`${url}/webhooks/gitlab`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it('does not exist without a secret', async () => {
    const gateway = await startGateway();
    const answer = await fetch(`${gateway.url}/webhooks/gitlab`, { method: 'POST' });
    expect(answer.status).toBe(404);
  });

  const recorded = new URL('../../../shared/recorded/', import.meta.url);
  it
    .skipIf(!existsSync(recorded))
    .each(['webhook-job.json', 'webhook-build.json', 'webhook-pipeline.json'])(
    'accepts the webhook of a real server: %s',
    async (file) => {
      const { send } = await start();
      expect((await send(readFileSync(new URL(file, recorded), 'utf8'))).status).toBe(204);
    },
  );
});
