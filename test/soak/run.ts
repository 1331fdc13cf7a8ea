/*
 * The soak: mixed load, callers that leave, and faults of GitLab, all over loopback, against the built
 * program in a process of its own. Looks into it after the first minute and at the end, both times at
 * rest and with its garbage collected, and prints what it found for docs/operations.md. By hand:
 *
 *   npm run soak            10 minutes; SOAK_MINUTES says otherwise
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { seedWorld } from '../../src/simulator/seed.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { type Census, openInspector } from './inspector.ts';
import { createLoad } from './load.ts';

const minutes = Number(process.env['SOAK_MINUTES'] ?? 10);
const CALLERS = 24;
/** Longer than any keep-alive and any operation's time, so that what is left is left for good. */
const REST_MS = 65_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function startGateway(gitlabUrl: string) {
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', 'dist/cli.js'], {
    env: {
      PATH: process.env['PATH'],
      GITLAB_URL: gitlabUrl,
      HOST: '127.0.0.1',
      PORT: '0',
      UPSTREAM_HEADERS_TIMEOUT_MS: '2000',
    },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const seen = { address: '', inspector: '', logLines: 0, warnings: [] as string[] };
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.logLines += 1;
    seen.address ||= /http:\S+(?=\/graphql)/.exec(line)?.[0] ?? '';
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    seen.inspector ||= /ws:\S+/.exec(line)?.[0] ?? '';
    if (/warning|error/i.test(line)) seen.warnings.push(line);
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

const simulator = await createSimulator({ world: seedWorld(), jobsIndexLimit: 0 });
simulator.start();
const { child, seen } = await startGateway(simulator.url);
const url = seen.address;
const inspector = await openInspector(seen.inspector);
const load = await createLoad(url, simulator);

async function look(label: string) {
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

await load.run(60_000, CALLERS);
const first = await look('after the first minute:');
await load.run((minutes - 1) * 60_000, CALLERS);
const last = await look(`after ${minutes} minutes:`);

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
const rows: [string, keyof (Census & typeof first.state), (value: number) => string][] = [
  ['heap in use', 'heapBytes', mebibytes],
  ['resident memory', 'rssBytes', mebibytes],
  ['open files', 'openFiles', String],
  ['sockets', 'sockets', String],
  ['timers', 'timers', String],
  ['listeners on event emitters', 'listeners', String],
  ['abort signals', 'abortSignals', String],
  ['operations running', 'running', String],
  ['live subscriptions', 'live', String],
];
say(`\n| at rest | after 1 minute | after ${minutes} minutes |\n|---|---|---|`);
for (const [name, key, show] of rows) {
  say(`| ${name} | ${show(first.state[key])} | ${show(last.state[key])} |`);
}
const total = (pattern: RegExp) =>
  [...last.metrics].reduce((sum, [name, value]) => (pattern.test(name) ? sum + value : sum), 0);
say(`\ndone: ${JSON.stringify(load.tally)}`);
say(
  `operations ${total(/^gateway_operations_total/)}, upstream calls ${total(/^gateway_upstream_calls_total/)}, ` +
    `log lines ${seen.logLines}, warnings ${JSON.stringify(seen.warnings)}`,
);
say(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`);

inspector.close();
await load.close();
child.kill('SIGTERM');
say(`exit code ${(await once(child, 'exit'))[0]}`);
await simulator.close();
