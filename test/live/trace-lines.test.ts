import { describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { type Answer, at, type Started, startGateway } from '../helpers/start-gateway.ts';
import { tokens } from '../helpers/worlds.ts';
import { worstLogs } from '../trace/hostile.ts';
import { start as begin, bytesOf, end, header, linesOf } from '../trace/parse.ts';
import { subscribe } from './subscribe.ts';
import { running, runningWorld } from './worlds.ts';

const FOLLOW = `subscription ($id: ID!, $afterByte: BigInt) {
  jobTraceAppended(id: $id, afterByte: $afterByte) {
    text startByte endByte complete lineCount
    lines { number anchor text html timestamp stream section }
  }
}`;
const TEXT_ONLY = `subscription ($id: ID!, $afterByte: BigInt) {
  jobTraceAppended(id: $id, afterByte: $afterByte) { text endByte complete }
}`;

interface Line {
  number: number;
  text: string;
}

interface Event {
  text: string;
  startByte: number;
  endByte: number;
  complete: boolean;
  lineCount: number;
  lines: Line[];
}

/**
 * Creates a client that keeps the lines and the text of a log in the way that the schema describes.
 */
function createViewer(gateway: Started) {
  let text = Buffer.alloc(0);
  let endByte = 0;
  const lines = new Map<number, Line>();
  let subscription: ReturnType<typeof subscribe>;
  const apply = (answer: Answer | undefined): Event | undefined => {
    if (!answer) return undefined;
    expect(answer.errors).toBeUndefined();
    const event = at(answer, 'jobTraceAppended') as Event;
    if (event.startByte < endByte) lines.clear();
    for (const line of event.lines) lines.set(line.number, line);
    for (const number of lines.keys()) if (number > event.lineCount) lines.delete(number);
    text = Buffer.concat([text.subarray(0, event.startByte), Buffer.from(event.text)]);
    endByte = event.endByte;
    return event;
  };
  const connect = (afterByte = endByte) => {
    endByte = afterByte;
    const variables = { id: running.id, afterByte };
    subscription = subscribe(gateway, FOLLOW, { token: tokens.alice, variables });
  };
  connect();
  return {
    connect,
    leave: () => subscription.leave(),
    next: async () => apply(await subscription.next()),
    async rest() {
      const events: Event[] = [];
      for (let event = await this.next(); event; event = await this.next()) events.push(event);
      return events;
    },
    text: () => text.toString(),
    lines: () => [...lines.values()].sort((a, b) => a.number - b.number),
  };
}

async function start(log: string | Buffer, options: Partial<SimulatorOptions> = {}) {
  const world = runningWorld();
  world.setLog(running.job, log);
  const gateway = await startGateway({
    simulator: { world, ...options },
    config: { pollIntervalMs: 50 },
  });
  return { world, gateway };
}

const logReads = (gateway: Started) =>
  gateway.simulator.requests.map(({ path }) => path).filter((path) => path.includes('/trace'));

describe.each(['19.3', '18.6'] as const)(
  'the lines of jobTraceAppended on GitLab %s',
  (version) => {
    it('are sent once if they are complete, and again while they grow', async () => {
      const { world, gateway } = await start('one\ntw', { version });
      const viewer = createViewer(gateway);
      expect((await viewer.next())?.lines.map(({ text }) => text)).toEqual(['one', 'tw']);
      world.appendLog(running.job, 'o\n');
      expect((await viewer.next())?.lines.map(({ text }) => text)).toEqual(['two']);
      world.appendLog(running.job, `${begin('a')}three`);
      expect((await viewer.next())?.lines).toMatchObject([{ text: 'three', section: 'a' }]);
      world.finishJob(running.job, 'success');
      await viewer.rest();
      expect(viewer.lines()).toEqual(linesOf(`one\ntwo\n${begin('a')}three`));
      expect(gateway.bugs).toEqual([]);
    });

    it.each(worstLogs.map((log, at_) => [at_, log] as const))(
      'together equal the lines of the whole log, cut anywhere (%i)',
      async (_index, log) => {
        const bytes = Buffer.from(bytesOf(log));
        const { world, gateway } = await start('', { version });
        const viewer = createViewer(gateway);
        await viewer.next();
        const step = Math.ceil(bytes.length / 12);
        for (let from = 0; from < bytes.length; from += step) {
          world.appendLog(running.job, bytes.subarray(from, from + step));
          await viewer.next();
          if (from % 2 === 0) continue;
          viewer.leave();
          viewer.connect();
        }
        world.finishJob(running.job, 'failed');
        await viewer.rest();
        expect(viewer.lines()).toEqual(linesOf(bytes));
      },
    );

    it('start again if the log was rewritten or erased', async () => {
      const first = `a\n${'x'.repeat(3_000)}\n`;
      const { world, gateway } = await start(`${first}10%`, { version });
      const viewer = createViewer(gateway);
      await viewer.next();
      world.setLog(running.job, `${first}20%\nmore\n`);
      expect(await viewer.next()).toMatchObject({ startByte: 0 });
      expect(viewer.lines()).toEqual(linesOf(`${first}20%\nmore\n`));
      world.setLog(running.job, 'new\n');
      await viewer.next();
      expect([viewer.text(), viewer.lines()]).toEqual(['new\n', linesOf('new\n')]);
      viewer.leave();
      viewer.connect(5_000);
      expect(await viewer.next()).toMatchObject({ startByte: 0, lines: linesOf('new\n') });
      world.finishJob(running.job, 'success');
      await viewer.rest();
      expect(viewer.lines()).toEqual(linesOf('new\n'));
    });

    it('have the numbers of the whole log, wherever the subscriber starts', async () => {
      const log = Array.from({ length: 500 }, (_, index) => `line ${index + 1}\n`).join('');
      const { world, gateway } = await start(log, { version });
      // After the first event of this subscriber, the gateway knows that GitLab supports offsets,
      // and has only the end of the log.
      const text = subscribe(gateway, TEXT_ONLY, {
        token: tokens.alice,
        variables: { id: running.id, afterByte: log.length - 5 },
      });
      await text.next();
      world.appendLog(running.job, '!');
      await text.next();
      const viewer = createViewer(gateway);
      viewer.leave();
      viewer.connect(log.length);
      const event = await viewer.next();
      expect(event).toMatchObject({ text: '!', lineCount: 501 });
      expect(event?.lines.at(-1)).toMatchObject({ number: 501, text: '!' });
      expect(event?.lines.length).toBeLessThan(5);
      world.finishJob(running.job, 'success');
      await viewer.rest();
      await text.rest();
    });

    it('of a log with very many lines are sent in several events', async () => {
      const log = 'x\n'.repeat(3_500);
      const { world, gateway } = await start(log, { version });
      world.finishJob(running.job, 'success');
      const viewer = createViewer(gateway);
      const events = await viewer.rest();
      expect(Math.max(...events.map(({ lines }) => lines.length))).toBeLessThanOrEqual(1_001);
      expect(events.map(({ complete }) => complete)).toEqual(
        events.map((_, i) => i === events.length - 1),
      );
      expect(viewer.lines()).toEqual(linesOf(log));
      expect(viewer.text()).toBe(log);
    });
  },
);

describe('the lines of a followed log', () => {
  it('are the last ones of a log that is longer than the kept part', async () => {
    const log = Array.from({ length: 500_000 }, (_, index) => `line ${index + 1}\n`).join('');
    const { world, gateway } = await start(log);
    const viewer = createViewer(gateway);
    viewer.leave();
    viewer.connect(log.length - 30);
    expect((await viewer.next())?.lines.at(-1)).toMatchObject({ number: 500_000 });
    world.finishJob(running.job, 'success');
    await viewer.rest();
    expect(viewer.lines().map(({ number, text }) => [number, text])).toContainEqual([
      499_999,
      'line 499999',
    ]);
  });

  it('cost no further call, and are parsed for all subscribers together', async () => {
    const log = `${header(1)}one\n`;
    const { world, gateway } = await start(log);
    const viewers = Array.from({ length: 5 }, () => createViewer(gateway));
    await Promise.all(viewers.map((viewer) => viewer.next()));
    expect(logReads(gateway)).toHaveLength(1);
    world.appendLog(running.job, `${header(2)}two\n${end('x')}`);
    await Promise.all(viewers.map((viewer) => viewer.next()));
    world.finishJob(running.job, 'success');
    for (const viewer of viewers) {
      await viewer.rest();
      expect(viewer.lines()).toEqual(linesOf(`${log}${header(2)}two\n${end('x')}`));
    }
  });

  it('are sent while the job waits, as an empty list', async () => {
    const { world, gateway } = await start('');
    world.setStatus(running.job, 'pending');
    const viewer = createViewer(gateway);
    expect(await viewer.next()).toMatchObject({ text: '', lines: [], lineCount: 0 });
  });
});
