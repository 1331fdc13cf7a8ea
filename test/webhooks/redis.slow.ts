import { expect, it } from 'vitest';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { serveProgram } from '../app/start-program.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from '../live/subscribe.ts';
import { FOLLOW, running, runningWorld } from '../live/worlds.ts';
import { freePort, isRedisMissing, startRedis, stopRedis, withoutRedis } from './redis-server.ts';

const SECRET = 'hook-secret';
/** Settings with a poll interval that is so long that tests see changes only through webhooks. */
const settings = { POLL_INTERVAL_MS: '60000', GITLAB_WEBHOOK_SECRET: SECRET };

const AWAY = 'Redis is unreachable: each replica finds changes by polling only';
const BACK = 'Redis is reachable again: replicas share change events';

async function startProgram(env: Record<string, string>) {
  const { url, lines } = await serveProgram({ ...settings, ...env });
  return {
    url,
    /** Returns the messages about Redis in the log of the program. */
    messages: () =>
      lines()
        .map(({ msg }) => msg)
        .filter((msg) => msg.startsWith('Redis')),
    /** Returns the value of a metric without labels. */
    async metric(name: string): Promise<number> {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    },
  };
}

/** Starts a GitLab with a running job. Also returns a function that sends the job's webhook. */
async function startGitlab() {
  const world = runningWorld();
  const simulator = await createSimulator({ world });
  const sendHook = ({ url }: { url: string }) =>
    fetch(`${url}/webhooks/gitlab`, {
      method: 'POST',
      headers: { 'x-gitlab-token': SECRET, 'content-type': 'application/json' },
      body: JSON.stringify({
        object_kind: 'build',
        build_id: running.job,
        pipeline_id: 900,
        project_id: 42,
      }),
    });
  return { world, url: simulator.url, sendHook };
}

/**
 * Sends webhooks until the event arrives, because a new process may not have subscribed to Redis
 * yet.
 */
async function hookUntil<T>(event: Promise<T>, send: () => Promise<unknown>): Promise<T> {
  const timer = setInterval(() => void send(), 200);
  await send();
  return event.finally(() => clearInterval(timer));
}

const follow = (gateway: { url: string }) =>
  subscribe(gateway, FOLLOW, { token: tokens.alice, variables: { id: running.id } });
const job = (status: string) => ({ data: { jobUpdated: { id: running.id, status } } });

it.skipIf(isRedisMissing)(
  `a webhook received by one process triggers polls in another, also after Redis was restarted${withoutRedis}`,
  async () => {
    const port = await freePort();
    let redis = await startRedis(port);
    const gitlab = await startGitlab();
    const env = { GITLAB_URL: gitlab.url, REDIS_URL: `redis://127.0.0.1:${port}` };
    const [hooked, watched] = await Promise.all([startProgram(env), startProgram(env)]);
    const subscriber = follow(watched);
    expect(await subscriber.next()).toEqual(job('RUNNING'));

    gitlab.world.setStatus(running.job, 'canceling');
    const hook = () => gitlab.sendHook(hooked);
    expect(await hookUntil(subscriber.next(), hook)).toEqual(job('CANCELING'));

    await stopRedis(redis);
    await expect.poll(watched.messages).toContain(AWAY);
    expect(await watched.metric('gateway_redis_away')).toBe(1);
    // Without Redis, a webhook triggers polls only in the process that receives it.
    expect((await gitlab.sendHook(hooked)).status).toBe(204);
    gitlab.world.setStatus(running.job, 'running');
    await gitlab.sendHook(watched);
    expect(await subscriber.next()).toEqual(job('RUNNING'));

    redis = await startRedis(port);
    await expect.poll(hooked.messages).toContain(BACK);
    await expect.poll(watched.messages).toContain(BACK);
    gitlab.world.finishJob(running.job, 'success');
    expect(await hookUntil(subscriber.rest(), hook)).toEqual([job('SUCCESS')]);
    expect(await watched.metric('gateway_redis_away')).toBe(0);
    expect(watched.messages()).toEqual([AWAY, BACK]);
  },
);

it('an unavailable Redis is logged once, and webhooks still work in the process that receives them', async () => {
  const gitlab = await startGitlab();
  const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
  const gateway = await startProgram({ GITLAB_URL: gitlab.url, REDIS_URL });
  const subscriber = follow(gateway);
  expect(await subscriber.next()).toEqual(job('RUNNING'));
  await expect.poll(gateway.messages).toContain(AWAY);
  gitlab.world.finishJob(running.job, 'success');
  await gitlab.sendHook(gateway);
  expect(await subscriber.rest()).toEqual([job('SUCCESS')]);
  expect(gateway.messages()).toEqual([AWAY]);
});

it('a webhook received by one worker triggers polls in the others', async () => {
  const gitlab = await startGitlab();
  const gateway = await startProgram({ GITLAB_URL: gitlab.url, WORKERS: '2' });
  // Connections are distributed round-robin, so each worker gets one.
  const subscribers = [follow(gateway), follow(gateway)];
  for (const subscriber of subscribers) expect(await subscriber.next()).toEqual(job('RUNNING'));
  gitlab.world.finishJob(running.job, 'success');
  await gitlab.sendHook(gateway);
  expect(await Promise.all(subscribers.map((subscriber) => subscriber.rest()))).toEqual(
    subscribers.map(() => [job('SUCCESS')]),
  );
});
