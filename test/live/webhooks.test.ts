import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { FOLLOW, running, runningWorld } from './worlds.ts';

const SECRET = 'hook-secret';

/** A gateway that polls so seldom that only a hook can tell of a change within a test. */
async function start(secret = SECRET) {
  const world = runningWorld();
  const config = { gitlabWebhookSecret: new Secret(secret), pollIntervalMs: 60_000 };
  const gateway = await startGateway({ simulator: { world }, config });
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

const jobHook = (build_id = running.job, more = {}) => ({
  object_kind: 'build',
  build_id,
  build_status: 'success',
  pipeline_id: 900,
  project_id: 42,
  ...more,
});

const ended = (status: string) => ({ data: { jobUpdated: { id: running.id, status } } });

describe('POST /webhooks/gitlab', () => {
  it('wakes who follows the job, who is told what GitLab says and not what the hook says', async () => {
    const { world, send, follow } = await start();
    const job = await follow();
    world.finishJob(running.job, 'failed');
    expect((await send(jobHook())).status).toBe(204);
    expect(await job.rest()).toEqual([ended('FAILED')]);
  });

  it('wakes by a pipeline hook too', async () => {
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

  it('tells nobody anything by a forged body', async () => {
    const { send, follow, calls } = await start();
    const job = await follow();
    calls();
    await send(jobHook(running.job, { build_status: 'success', build_name: 'forged' }));
    await expect.poll(calls).toEqual([`GET /projects/42/jobs/${running.job}`]);
    job.leave();
  });

  it('takes the same hook once', async () => {
    const { send, follow, simulator } = await start();
    const job = await follow();
    const before = simulator.requests.length;
    const headers = { 'x-gitlab-token': SECRET, 'idempotency-key': 'the-same' };
    await send(jobHook(), headers);
    await expect.poll(() => simulator.requests.length).toBe(before + 1);
    expect((await send(jobHook(), headers)).status).toBe(204);
    // A hook that does count comes after it, so the repeated one had its chance.
    await send(jobHook(), { ...headers, 'idempotency-key': 'another' });
    await expect.poll(() => simulator.requests.length).toBe(before + 2);
    job.leave();
  });

  it('takes a signature in place of the token', async () => {
    const key = Buffer.from('signing key').toString('base64');
    const { world, send, follow } = await start(`whsec_${key}`);
    const job = await follow();
    world.finishJob(running.job, 'success');
    const body = JSON.stringify(jobHook());
    const timestamp = String(Math.floor(Date.now() / 1000));
    const sign = (text: string) =>
      createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
    const signed = (signature: string) => ({
      'webhook-id': 'msg-1',
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    });
    expect((await send(body, signed(sign('something else')))).status).toBe(401);
    expect((await send(body, { 'x-gitlab-token': `whsec_${key}` })).status).toBe(401);
    expect((await send(body, signed(sign(`msg-1.${timestamp}.${body}`)))).status).toBe(204);
    expect(await job.rest()).toEqual([ended('SUCCESS')]);
  });

  it.each([
    ['no secret', {}, jobHook(), 401],
    ['a wrong secret', { 'x-gitlab-token': 'guess' }, jobHook(), 401],
    ['a body that is no JSON', { 'x-gitlab-token': SECRET }, '{', 400],
    ['a body that is no hook', { 'x-gitlab-token': SECRET }, { object_kind: 'build' }, 400],
    ['a body beyond all measure', { 'x-gitlab-token': SECRET }, 'x'.repeat(9 * 1024 * 1024), 413],
  ])('refuses %s', async (_what, headers, body, status) => {
    const { send, calls, bugs } = await start();
    const answer = await send(body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(calls()).toEqual([]);
    expect(bugs).toEqual([]);
  });

  it('takes hooks of other kinds without a word, and nothing but POST', async () => {
    const { url, send } = await start();
    expect((await send({ object_kind: 'push' })).status).toBe(204);
    expect((await fetch(`${url}/webhooks/gitlab`)).status).toBe(405);
  });

  it('is not there without a secret', async () => {
    const gateway = await startGateway();
    const answer = await fetch(`${gateway.url}/webhooks/gitlab`, { method: 'POST' });
    expect(answer.status).toBe(404);
  });

  const recorded = new URL('../../../shared/recorded/', import.meta.url);
  it
    .skipIf(!existsSync(recorded))
    .each(['webhook-job.json', 'webhook-build.json', 'webhook-pipeline.json'])(
    'takes the hook of a real server: %s',
    async (file) => {
      const { send } = await start();
      expect((await send(readFileSync(new URL(file, recorded), 'utf8'))).status).toBe(204);
    },
  );
});
