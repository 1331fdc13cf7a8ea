/*
 * Measures how soon viewers of a running job receive a change, and how many calls to GitLab they
 * cost. Uses the built program with its default settings, for 1 and 1,000 viewers. Run by hand:
 *
 *   npm run build && npx tsx test/measure/live.ts [polling|hooks [viewers]]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { type MeasuredGateway, startGateway } from './gateway.ts';
import { openViewers, type Viewers } from './viewers.ts';

const SECRET = 'hook-secret';
const say = (line: string) => process.stdout.write(`${line}\n`);

const world = createWorld();
world.addUser({ username: 'alice' });
world.addToken({ user: 'alice', value: 'glpat-alice' });
const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
const pipeline = world.addPipeline(project, { id: 900 });
world.addJob(pipeline, { id: 2001, status: 'running', plan: { frozen: true } });
const simulator = await createSimulator({ world, jobsIndexLimit: 0 });
const id = Buffer.from('Job:42:2001').toString('base64url');

let status = 'running';
function change(): void {
  status = status === 'running' ? 'canceling' : 'running';
  world.setStatus(2001, status);
}

async function sendHook({ url }: MeasuredGateway): Promise<void> {
  const headers = { 'x-gitlab-token': SECRET, 'content-type': 'application/json' };
  const hook = { object_kind: 'build', build_id: 2001, pipeline_id: 900, project_id: 42 };
  await fetch(`${url}/webhooks/gitlab`, { method: 'POST', headers, body: JSON.stringify(hook) });
}

const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
const median = (values: number[]) => sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN;
const show = (values: number[]) =>
  `${median(values).toFixed(0)} in the median, ${Math.max(...values).toFixed(0)} at worst`;

/**
 * Makes changes one by one, each some time after all viewers have received the previous one. Prints
 * how long the first and the last viewer waited.
 */
async function makeChanges(
  viewers: Viewers,
  options: { from: number; count: number; pauseMs(): number; tell?(): Promise<void> },
): Promise<void> {
  const first: number[] = [];
  const last: number[] = [];
  for (let event = options.from; event < options.from + options.count; event++) {
    await sleep(options.pauseMs());
    const at = performance.now();
    change();
    await options.tell?.();
    const times = await viewers.told(event);
    first.push(Math.min(...times) - at);
    last.push(Math.max(...times) - at);
  }
  say(`  ms to the first viewer: ${show(first)}; to the last: ${show(last)}`);
}

const calls = () => simulator.requests.length;
const apart = () => 300 + Math.random() * 3_000;

async function measurePolling(count: number): Promise<void> {
  const gateway = await startGateway(simulator.url);
  const viewers = await openViewers(gateway.url, id, count);
  const before = calls();
  await sleep(30_000);
  say(`${count} viewers, polling: ${calls() - before} calls in 30 s`);
  await makeChanges(viewers, { from: 1, count: 15, pauseMs: apart });
  viewers.leave();
  await sleep(200);
  const left = calls();
  await sleep(10_000);
  say(`  calls from 0.2 s to 10 s after all have left: ${calls() - left}`);
  gateway.stop();
}

async function measureHooks(count: number): Promise<void> {
  const gateway = await startGateway(simulator.url, { GITLAB_WEBHOOK_SECRET: SECRET });
  const viewers = await openViewers(gateway.url, id, count);
  const tell = () => sendHook(gateway);
  say(`${count} viewers, hooks of changes that come 0.3 to 3.3 s apart:`);
  await makeChanges(viewers, { from: 1, count: 15, pauseMs: apart, tell });
  const before = calls();
  say(`${count} viewers, hooks of changes that come 50 ms after the last was seen:`);
  const from = performance.now();
  await makeChanges(viewers, { from: 16, count: 40, pauseMs: () => 50, tell });
  const seconds = (performance.now() - from) / 1000;
  say(`  ${((calls() - before) / seconds).toFixed(1)} calls a second`);
  await sleep(2_000);
  const forged = calls();
  for (const until = performance.now() + 10_000; performance.now() < until; await sleep(10)) {
    await sendHook(gateway);
  }
  say(`${count} viewers, 10 s of hooks that tell of nothing: ${calls() - forged} calls`);
  const quiet = calls();
  await sleep(30_000);
  say(`${count} viewers, where hooks tell: ${calls() - quiet} calls in 30 s`);
  viewers.leave();
  gateway.stop();
}

const [only, viewers] = process.argv.slice(2);
for (const count of viewers ? [Number(viewers)] : [1, 1_000]) {
  if (only !== 'hooks') await measurePolling(count);
  if (only !== 'polling') await measureHooks(count);
}
await simulator.close();
