/*
 * Measures how much memory a log of 20 MB takes in the built program, compared with an idle one.
 * Run by hand:
 *
 *   npm run build && npx tsx test/measure/memory.ts
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from './gateway.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

const world = createWorld();
world.addUser({ username: 'alice' });
world.addToken({ user: 'alice', value: 'glpat-alice' });
const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
const pipeline = world.addPipeline(project);
const ascii =
  '\u001b[32;1m$ make test\u001b[0;m some output of a job that prints a lot of "things"';
const unicode = '\u001b[32;1m✓ größer\u001b[0;m <some output> of a job that prints a lot of things';
const logOf = (line: string, size: number) =>
  Array.from({ length: size / (Buffer.byteLength(line) + 9) }, (_, at) => {
    // Makes all lines different. Otherwise, the simulator's gzip would shrink the log to almost
    // nothing on its way to the gateway.
    return `${line}${((at * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')}\n`;
  }).join('');
world.addJob(pipeline, { id: 1001, log: logOf(ascii, 20e6) });
world.addJob(pipeline, { id: 1002, log: logOf(unicode, 20e6) });
world.addJob(pipeline, { id: 1003, log: logOf(unicode, 20e3) });
const simulator = await createSimulator({ world });

const headers = { 'private-token': 'glpat-alice', 'content-type': 'application/json' };

/** Reads a response to its end and returns its size in bytes. */
async function sizeOf({ body }: Response): Promise<number> {
  let size = 0;
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) size += piece.length;
  return size;
}

async function ask(url: string, id: string, fields: string): Promise<number> {
  const query = `{ job(project: "42", id: "${id}") { trace { byteSize ${fields} } } }`;
  const body = JSON.stringify({ query });
  return sizeOf(await fetch(`${url}/graphql`, { method: 'POST', headers, body }));
}

async function download(url: string, id: string): Promise<number> {
  return sizeOf(await fetch(`${url}/jobs/42/${id}/trace`, { headers }));
}

/**
 * Downloads a log at 1 MB/s for at most `seconds`, so that the gateway must slow down its own
 * reading. Returns the number of received bytes.
 */
async function downloadSlowly(url: string, id: string, seconds: number): Promise<number> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `GET /jobs/42/${id}/trace HTTP/1.1\r\nhost: x\r\nprivate-token: glpat-alice\r\n\r\n`,
  );
  let size = 0;
  const from = Date.now();
  for await (const piece of socket) {
    size += (piece as Buffer).length;
    await sleep(Math.max(0, from + size / 1000 - Date.now()));
    if (Date.now() - from > seconds * 1000) break;
  }
  socket.destroy();
  return size;
}

type Act = (url: string) => Promise<number>;
const acts: Record<string, Act> = {
  'one fast download': (url) => download(url, '1001'),
  'five fast downloads': async (url) => {
    let size = 0;
    for (let i = 0; i < 5; i++) size += await download(url, '1001');
    return size;
  },
  'a download at 1 MB/s, 12 s of it': (url) => downloadSlowly(url, '1001', 12),
  'lines(last: 100), sections': (url) =>
    ask(url, '1002', 'lines(last: 100) { nodes { html } } sections { name }'),
  'text RAW, ASCII': (url) => ask(url, '1001', 'text(format: RAW)'),
  'text RAW': (url) => ask(url, '1002', 'text(format: RAW)'),
  'text PLAIN': (url) => ask(url, '1002', 'text(format: PLAIN)'),
  'text HTML': (url) => ask(url, '1002', 'text(format: HTML)'),
  'text HTML, five times': async (url) => {
    let size = 0;
    for (let i = 0; i < 5; i++) size += await ask(url, '1002', 'text(format: HTML)');
    return size;
  },
};

say(
  '| | answer, MB | idle, MB | most above, MB | left above after 1 s, MB |\n|---|---|---|---|---|',
);
const wanted = process.argv[2];
for (const [name, act] of Object.entries(acts)) {
  if (wanted && !name.includes(wanted)) continue;
  const gateway = await startGateway(simulator.url);
  for (const fields of ['text(format: RAW)', 'text(format: HTML) lines { totalCount }']) {
    await ask(gateway.url, '1003', fields);
  }
  await download(gateway.url, '1003');
  await sleep(2_000);
  const idle = gateway.memory().now;
  const size = await act(gateway.url);
  const { peak } = gateway.memory();
  await sleep(1_000);
  const above = (value: number) => (value - idle).toFixed(0);
  const figures = [(size / 1e6).toFixed(1), idle.toFixed(0), above(peak)];
  say(`| ${[name, ...figures, above(gateway.memory().now)].join(' | ')} |`);
  gateway.stop();
}
await simulator.close();
