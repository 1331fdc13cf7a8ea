import { describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { createTestClock } from '../gitlab/upstream.ts';
import {
  type Answer,
  at,
  codesOf,
  type Started,
  type StartOptions,
  startGateway,
} from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';
import { running, runningWorld } from './worlds.ts';

const TAIL = `subscription ($id: ID!, $afterByte: BigInt) {
  jobTraceAppended(id: $id, afterByte: $afterByte) { text startByte endByte complete }
}`;

interface Piece {
  text: string;
  startByte: number;
  endByte: number;
  complete: boolean;
}

const pieceOf = (event: Answer | undefined) => at(event ?? {}, 'jobTraceAppended') as Piece;

/** Subscribes to the text that is appended to the log of the running job. */
function tail(gateway: Started, afterByte = 0, token: string = tokens.alice) {
  const variables = { id: running.id, afterByte };
  const { next, rest, leave } = subscribe(gateway, TAIL, { token, variables });
  return {
    piece: async () => pieceOf(await next()),
    rest: async () => (await rest()).map(pieceOf),
    events: rest,
    leave,
  };
}

async function start(
  log: string | Buffer,
  options: Partial<SimulatorOptions> = {},
  live: StartOptions['live'] = {},
) {
  const world = runningWorld();
  world.setLog(running.job, log);
  const gateway = await startGateway({
    simulator: { world, ...options },
    config: { pollIntervalMs: 100 },
    live,
  });
  return { world, gateway };
}

/** Joins the pieces of a log in the way that the schema describes. */
function assemble(pieces: Piece[], from = Buffer.alloc(0)): string {
  return pieces
    .reduce((known, { startByte, text }) => {
      return Buffer.concat([known.subarray(0, startByte), Buffer.from(text)]);
    }, from)
    .toString();
}

const log = `/projects/42/jobs/${running.job}/trace`;
const logReads = (gateway: Started) =>
  gateway.simulator.requests.map(({ path }) => path).filter((path) => path.includes('/trace'));

describe.each(['19.3', '18.6'] as const)('jobTraceAppended on GitLab %s', (version) => {
  it('sends the existing log, then what is appended, and completes when the job is finished', async () => {
    const { world, gateway } = await start('one\n', { version });
    const { piece, rest } = tail(gateway);
    expect(await piece()).toEqual({ text: 'one\n', startByte: 0, endByte: 4, complete: false });
    world.appendLog(running.job, 'two\n');
    expect(await piece()).toEqual({ text: 'two\n', startByte: 4, endByte: 8, complete: false });
    world.appendLog(running.job, 'end');
    world.finishJob(running.job, 'success');
    const last = await rest();
    expect(last.at(-1)).toMatchObject({ endByte: 11, complete: true });
    expect(last.map(({ text }) => text).join('')).toBe('end');
    expect(gateway.bugs).toEqual([]);
  });

  it('holds an incomplete character back until the rest has arrived', async () => {
    const { world, gateway } = await start('', { version });
    const { piece, rest } = tail(gateway);
    expect(await piece()).toEqual({ text: '', startByte: 0, endByte: 0, complete: false });
    const smile = Buffer.from('😀');
    world.appendLog(running.job, Buffer.concat([Buffer.from('a'), smile.subarray(0, 3)]));
    expect(await piece()).toMatchObject({ text: 'a', startByte: 0, endByte: 1 });
    world.appendLog(running.job, smile.subarray(3));
    expect(await piece()).toMatchObject({ text: '😀', startByte: 1, endByte: 5 });
    world.appendLog(running.job, smile.subarray(0, 2));
    world.finishJob(running.job, 'failed');
    const last = await rest();
    expect(last.at(-1)).toMatchObject({ endByte: 7, complete: true });
    expect(last.map(({ text }) => text).join('')).toBe('\ufffd');
  });

  it('resumes at the client’s offset, or at the start of the character that contains it', async () => {
    const { world, gateway } = await start('0123456789 €', { version });
    world.finishJob(running.job, 'success');
    expect(await tail(gateway, 6).rest()).toEqual([
      { text: '6789 €', startByte: 6, endByte: 14, complete: true },
    ]);
    expect(await tail(gateway, 13).rest()).toEqual([
      { text: '€', startByte: 11, endByte: 14, complete: true },
    ]);
    expect(await tail(gateway, 14).rest()).toEqual([
      { text: '', startByte: 14, endByte: 14, complete: true },
    ]);
  });

  it('sends a rewind to a client whose offset is beyond the end of the log', async () => {
    const { world, gateway } = await start('short', { version });
    const first = tail(gateway);
    await first.piece();
    world.appendLog(running.job, '!');
    await first.piece();
    first.leave();
    expect(await tail(gateway, 5_000).piece()).toEqual({
      text: '',
      startByte: 6,
      endByte: 6,
      complete: false,
    });
  });

  it('sends a rewritten end, and a log that was erased and restarted', async () => {
    const { world, gateway } = await start(`${'x'.repeat(5_000)} 10%`, { version });
    const { piece, rest } = tail(gateway);
    const pieces = [await piece()];
    world.setLog(running.job, `${'x'.repeat(5_000)} 20%, and more`);
    pieces.push(await piece());
    expect(pieces.at(-1)).toMatchObject({ text: '20%, and more', startByte: 5_001 });
    world.setLog(running.job, 'anew');
    pieces.push(await piece());
    world.appendLog(running.job, ', and on');
    world.finishJob(running.job, 'success');
    pieces.push(...(await rest()));
    expect(assemble(pieces)).toBe('anew, and on');
  });

  it('sends a rewritten end from the start of a character on', async () => {
    const { world, gateway } = await start('price: 5 €', { version });
    const { piece, rest } = tail(gateway);
    const pieces = [await piece()];
    // The new character differs from the old one only in its third byte. The piece must still begin
    // with its first byte, because the third byte alone is not valid UTF-8.
    world.setLog(running.job, 'price: 5 ₭');
    pieces.push(await piece());
    expect(pieces.at(-1)).toEqual({ text: '₭', startByte: 9, endByte: 12, complete: false });
    world.setLog(running.job, Buffer.from('price: 5 ₭').subarray(0, 11));
    pieces.push(await piece());
    world.setLog(running.job, 'price: 5 €, at least');
    world.finishJob(running.job, 'success');
    pieces.push(...(await rest()));
    expect(assemble(pieces)).toBe('price: 5 €, at least');
  });

  it('sends a log that is longer than an event completely, also to late subscribers', async () => {
    const text = 'äöü€😀\n'.repeat(40_000);
    const { world, gateway } = await start(text, { version });
    const early = tail(gateway);
    const first = await early.piece();
    const late = tail(gateway, first.endByte);
    const next = await late.piece();
    expect(next.startByte).toBe(first.endByte);
    world.finishJob(running.job, 'success');
    expect(assemble([first, ...(await early.rest())])).toBe(text);
    expect(assemble([first, next, ...(await late.rest())])).toBe(text);
  });

  it('shares one poll between subscribers, and reads no log before the job starts', async () => {
    const { world, gateway } = await start('', { version });
    world.setStatus(running.job, 'pending');
    const subscribers = Array.from({ length: 20 }, () => tail(gateway));
    await Promise.all(subscribers.map(({ piece }) => piece()));
    expect(logReads(gateway)).toEqual([]);
    world.setStatus(running.job, 'running');
    world.appendLog(running.job, 'hello');
    const pieces = await Promise.all(subscribers.map(({ piece }) => piece()));
    expect(pieces.every(({ text }) => text === 'hello')).toBe(true);
    expect(logReads(gateway).length).toBeLessThan(5);
    for (const { leave } of subscribers) leave();
  });

  it('ends with an error if the job is visible but its log is not', async () => {
    const { world, gateway } = await start('secret', { version });
    const job = world.job(running.job);
    if (!job) throw new Error('no job');
    job.debug = true;
    const events = await tail(gateway, 0, tokens.gus).events();
    expect(events.map(codesOf)).toEqual([{ jobTraceAppended: 'FORBIDDEN' }]);
    expect(JSON.stringify(events)).not.toContain('secret');
    expect((await tail(gateway).piece()).text).toBe('secret');
  });
});

describe('a log', () => {
  it('is read from its end if GitLab supports offsets, which one request detects', async () => {
    const { world, gateway } = await start('a'.repeat(3_000));
    const { piece, rest } = tail(gateway);
    await piece();
    world.appendLog(running.job, 'b');
    await piece();
    world.finishJob(running.job, 'success');
    await rest();
    const reads = logReads(gateway);
    const tails = reads.slice(2).map((path) => Number(/byte_offset=(\d+)$/.exec(path)?.[1]));
    expect(reads.slice(0, 2)).toEqual([
      `/api/v4${log}`,
      `/api/v4${log}?byte_offset=0&byte_limit=1`,
    ]);
    expect(tails.every((offset) => offset === 1_976 || offset === 1_977)).toBe(true);
  });

  it('that repeats itself does not break the detection of offsets', async () => {
    const { world, gateway } = await start('a'.repeat(5_000), { version: '18.6' });
    const { piece, rest } = tail(gateway);
    const pieces = [await piece()];
    world.appendLog(running.job, 'a'.repeat(5_000));
    pieces.push(await piece());
    world.finishJob(running.job, 'success');
    pieces.push(...(await rest()));
    expect(assemble(pieces)).toHaveLength(10_000);
  });

  it.each([
    ['is read in pieces if GitLab supports offsets', '19.3', 0],
    ['starts at the kept part if GitLab does not', '18.6', 1_000_000],
  ] as const)('that is longer than the kept part %s', async (_what, version, begin) => {
    const text = '0123456789'.repeat(520_000);
    // After a whole log of 5 MB, the gateway waits 5 s. This clock skips the wait.
    const { clock } = createTestClock(60_000);
    const { world, gateway } = await start(text, { version }, { clock });
    // This read lets the gateway detect the server's capabilities.
    const first = tail(gateway, text.length - 10);
    await first.piece();
    world.appendLog(running.job, '!');
    await first.piece();
    world.finishJob(running.job, 'success');
    const pieces = await tail(gateway).rest();
    const start_ = pieces[0]?.startByte ?? -1;
    expect(start_).toBeGreaterThanOrEqual(begin);
    expect(start_).toBeLessThanOrEqual(begin + 100_000);
    expect(pieces.at(-1)).toMatchObject({ endByte: text.length + 1, complete: true });
    expect(pieces.map((piece) => piece.text).join('')).toBe(`${text}!`.slice(start_));
  });

  it('that is longer than the kept part is complete for the first subscriber, too', async () => {
    const text = '0123456789'.repeat(520_000);
    const { world, gateway } = await start(text);
    world.finishJob(running.job, 'success');
    const pieces = await tail(gateway).rest();
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    const [whole, detection] = logReads(gateway);
    expect([whole, detection]).toEqual([
      `/api/v4${log}`,
      `/api/v4${log}?byte_offset=0&byte_limit=1`,
    ]);
  });

  it.each(['-1', 1.5, '9007199254740993', 'x'])('rejects the offset %s', async (afterByte) => {
    const { gateway } = await start('');
    const { next } = subscribe(gateway, TAIL, {
      token: tokens.alice,
      variables: { id: running.id, afterByte },
    });
    const answer = await next();
    expect(answer?.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(gateway.calls()).toEqual([]);
  });
});
