/*
 * The soak test. It puts the built program, in a process of its own, under mixed load over
 * loopback, with callers that disconnect and faults of GitLab. First, all caches with a limit are
 * filled. Then the resources of the process are measured after one minute of load and at the end,
 * both times at rest and after a garbage collection. They must not have grown. Prints figures for
 * docs/operations.md, and exits with 1 if something has grown. Run by hand:
 *
 *   npm run soak            10 minutes, unless SOAK_MINUTES is set
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { HOOK_SECRET } from './callers.ts';
import { openInspector } from './inspector.ts';
import { createLoad, type Tally } from './load.ts';
import { compare, type State } from './verdict.ts';

const minutes = Number(process.env['SOAK_MINUTES'] ?? 10);
const CALLERS = 24;
/**
 * Pause before a measurement. It is longer than any keep-alive and any timeout of operations, so a
 * resource that is still in use after it is a leak.
 */
const REST_MS = 80_000;
const MINUTE_MS = 60_000;
const WARM_MINUTES = 2;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function startGateway(gitlabUrl: string) {
  // The heap has the size that the container image sets.
  const flags = ['--max-old-space-size=384', '--inspect=127.0.0.1:0'];
  const child = spawn(process.execPath, [...flags, 'dist/cli.js'], {
    env: {
      PATH: process.env['PATH'],
      GITLAB_URL: gitlabUrl,
      GITLAB_EXTERNAL_URL: 'https://gitlab.example.com',
      GITLAB_WEBHOOK_SECRET: HOOK_SECRET,
      HOST: '127.0.0.1',
      PORT: '0',
      UPSTREAM_HEADERS_TIMEOUT_MS: '2000',
    },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const seen = { address: '', inspector: '', logLines: 0, graver: {} as Record<string, number> };
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.logLines += 1;
    seen.address ||= /http:\S+(?=\/graphql)/.exec(line)?.[0] ?? '';
    const [, message] = /"level":"(?:warn|error|fatal)".*"msg":"([^"]*)"/.exec(line) ?? [];
    if (message) seen.graver[message] = (seen.graver[message] ?? 0) + 1;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    seen.inspector ||= /ws:\S+/.exec(line)?.[0] ?? '';
    if (/warning|error/i.test(line)) seen.graver[line] = (seen.graver[line] ?? 0) + 1;
  });
  while (!seen.address || !seen.inspector) await sleep(50);
  return { child, seen };
}

async function readMetrics(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

/**
 * Returns the demo's world with lists that have their final length from the start, so that longer
 * responses do not look like a leak.
 */
function longWorld() {
  const world = seedWorld({ now: Date.now() });
  const pipeline = world.pipeline(demo.pipelineId);
  for (let i = 0; pipeline && i < 500; i++) world.addJob(pipeline, { id: 12_300_000_000 + i });
  return world;
}

const simulator = await createSimulator({
  world: longWorld(),
  externalUrl: 'https://gitlab.example.com',
  jobsIndexLimit: 0,
});
simulator.start();
const { child, seen } = await startGateway(simulator.url);
const url = seen.address;
const inspector = await openInspector(seen.inspector);
const load = createLoad(url, simulator);

async function look(label: string): Promise<{ state: State; metrics: Map<string, number> }> {
  await sleep(REST_MS);
  const census = await inspector.census();
  const metrics = await readMetrics(url);
  const value = (name: string) => metrics.get(name) ?? Number.NaN;
  const state = {
    ...census,
    rssBytes: value('process_resident_memory_bytes'),
    openFiles: value('process_open_fds'),
    running: value('gateway_operations_running'),
    live: value('gateway_live_subscriptions'),
  };
  say(`${label} ${JSON.stringify(state)}`);
  return { state, metrics };
}

async function runMinutes(from: number, to: number): Promise<void> {
  for (let minute = from; minute < to; minute++) {
    await load.run(Math.min(1, to - minute) * MINUTE_MS, CALLERS);
    const { rss, heapUsed } = await inspector.memory();
    say(`after minute ${minute + 1}: resident ${rss}, heap with its garbage ${heapUsed}`);
  }
}

const started = await look('before any load:');
await load.fill();
// Lets V8 compile the code that is used, which takes minutes. Compiled code takes memory, but its
// growth ends.
await runMinutes(-WARM_MINUTES, 0);
const filled = await look('with its memories full:');
await runMinutes(0, 1);
const first = await look('after the first minute:');
const middle = Math.ceil((1 + minutes) / 2);
await runMinutes(1, middle);
const half = await look(`after ${middle} minutes:`);
await runMinutes(middle, minutes);
const last = await look(`after ${minutes} minutes:`);

const looks = { started, filled, first, half, last };
const table = compare(
  Object.fromEntries(Object.entries(looks).map(([name, { state }]) => [name, state])) as Record<
    keyof typeof looks,
    State
  >,
);
say(`\n${table.markdown}`);
const total = (pattern: RegExp) =>
  [...last.metrics].reduce((sum, [name, value]) => (pattern.test(name) ? sum + value : sum), 0);
/** Returns the sums of a metric by the value of one of its labels. */
const by = (name: string, label: string): Tally => {
  const sums: Tally = {};
  for (const [key, value] of last.metrics) {
    const [, of] = key.startsWith(`${name}{`) ? (key.match(`${label}="([^"]*)"`) ?? []) : [];
    if (of !== undefined) sums[of] = (sums[of] ?? 0) + value;
  }
  return sums;
};
say(`\ndone: ${JSON.stringify(load.tally, null, 1)}`);
say(`operations: ${JSON.stringify(by('gateway_operations_total', 'outcome'))}`);
say(`errors: ${JSON.stringify(by('gateway_errors_total', 'code'))}`);
say(`calls: ${JSON.stringify(by('gateway_upstream_calls_total', 'status'))}`);
say(
  `operations ${total(/^gateway_operations_total/)}, upstream calls ${total(/^gateway_upstream_calls_total/)}, ` +
    `CPU ${total(/^process_cpu_seconds_total/)} s, log lines ${seen.logLines}, warnings and graver ${JSON.stringify(seen.graver)}`,
);
say(
  `${cpus()[0]?.model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);

inspector.close();
await load.close();
child.kill('SIGTERM');
const [code] = await once(child, 'exit');
say(`exit code ${code}`);
await simulator.close();
say(table.grown.length > 0 ? `GREW: ${table.grown.join(', ')}` : 'nothing grew');
process.exitCode = table.grown.length > 0 || code !== 0 ? 1 : 0;
