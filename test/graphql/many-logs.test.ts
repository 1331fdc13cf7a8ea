import { expect, it } from 'vitest';
import { at, codesOf, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const KIBIBYTE = 1024;
/** Length of a log that is kept completely if no other log is read at the same time. */
const LENGTH = 250 * KIBIBYTE;

async function start(env: Record<string, string> = {}) {
  const world = smallWorld();
  const app = world.addProject({ id: 50, path: 'group/long', members: { alice: 'maintainer' } });
  const pipeline = world.addPipeline(app, { id: 800, user: 'alice' });
  const log = Buffer.alloc(LENGTH, 'x');
  for (let id = 2001; id <= 2008; id++) world.addJob(pipeline, { id, log });
  return startGateway({
    simulator: { world },
    token: tokens.alice,
    env,
    config: { maxTraceBytes: 256 * KIBIBYTE },
  });
}

const ALL = '{ project(fullPath: "group/long") { jobs { nodes { trace { truncated text } } } } }';
const ONE = '{ job(project: "50", id: "2001") { trace { truncated } } }';
const traces = (answer: Parameters<typeof at>[0]) =>
  at(answer, 'project.jobs.nodes') as { trace: { truncated: boolean; text: string } }[];

it('many logs of one operation share the memory budget of two', async () => {
  const { query } = await start();
  const kept = traces(await query(ALL)).map(({ trace }) => trace);
  expect(kept).toHaveLength(8);
  for (const { truncated, text } of kept) {
    expect(truncated).toBe(true);
    expect(text).toHaveLength(64 * KIBIBYTE);
  }
});

it('a log is complete again after earlier operations end, fail or are aborted', async () => {
  const { query, simulator, calls } = await start();
  await query(ALL);
  simulator.fail({ kind: '500', match: '/trace', times: 3 });
  await query(ALL);
  await query(ALL, { signal: AbortSignal.timeout(20) }).catch(() => {});
  await expect
    .poll(async () => at(await query(ONE), 'job.trace.truncated'), { interval: 20 })
    .toBe(false);
  expect(calls().length).toBeGreaterThan(18);
});

it('a log is complete again after a batch whose caller disconnected', async () => {
  const { url, query, simulator } = await start({ MAX_BATCH: '2' });
  simulator.fail({ kind: 'hang', match: '/trace' });
  const caller = new AbortController();
  const response = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'private-token': tokens.alice },
    body: JSON.stringify([{ query: ALL }, { query: ALL }]),
    signal: caller.signal,
  });
  await expect.poll(() => simulator.requests.at(-1)?.path).toContain('/trace');
  caller.abort();
  await expect(response).rejects.toThrow('aborted');
  await expect
    .poll(async () => at(await query(ONE), 'job.trace.truncated'), { interval: 20 })
    .toBe(false);
});

it('the log text of one response is limited; its other fields are complete', async () => {
  const { query, bugs } = await start();
  const tell = (count: number, field: string) =>
    Array.from({ length: count }, (_, index) => `t${index}: ${field}`).join(' ');
  const ask = (fields: string) =>
    query(`{ job(project: "50", id: "2001") { name trace { byteSize ${fields} } } }`);
  expect((await ask(tell(4, 'text(format: RAW)'))).errors).toBeUndefined();
  // `text` cannot be null, so the error makes the nullable field `trace` null.
  const refused = await ask(tell(5, 'text(format: RAW)'));
  expect(codesOf(refused)).toEqual({ 'job.trace.t4': 'OPERATION_TOO_COMPLEX' });
  expect(refused.errors?.[0]?.extensions).toEqual({
    code: 'OPERATION_TOO_COMPLEX',
    limit: 'traces',
  });
  expect(refused.data).toMatchObject({ job: { trace: null } });
  const lines = await ask(tell(5, 'lines { nodes { text } }'));
  expect(codesOf(lines)).toEqual({ 'job.trace.t4': 'OPERATION_TOO_COMPLEX' });
  expect(bugs).toEqual([]);
});

it('the number of log lines and sections of one response is limited', async () => {
  const { query, simulator } = await start();
  const world = simulator.world;
  const ask = (fields: string) =>
    query(`{ job(project: "50", id: "2001") { trace { ${fields} } } }`);
  world.setLog(2001, '\n'.repeat(6_000));
  const page = 'lines(first: 5000) { nodes { number } }';
  const pages = [0, 1, 2, 3, 4].map((index) => `p${index}: ${page}`).join(' ');
  expect((await ask(pages)).errors).toBeUndefined();
  expect(codesOf(await ask(`${pages} p5: ${page}`))).toEqual({
    'job.trace.p5': 'OPERATION_TOO_COMPLEX',
  });
  const section = 'section_start:1:a\r\x1b[0Ksection_end:2:a\r\x1b[0K\n';
  world.setLog(2001, section.repeat(6_000));
  const sections = [0, 1, 2, 3, 4, 5].map((index) => `s${index}: sections { name }`).join(' ');
  expect(codesOf(await ask(sections))).toEqual({ 'job.trace.s5': 'OPERATION_TOO_COMPLEX' });
});
