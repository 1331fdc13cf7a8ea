import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { small } from '../helpers/worlds.ts';
import {
  askBoth,
  exchange,
  expectSameMetrics,
  linesOf,
  parseAnswer,
  startBothWays,
  toBytes,
  type Way,
} from './direct-both-ways.ts';

/* Callers that leave, and gateways that end, in the middle of things: the same by both ways. */

const JOB = `query Job { job(project: "42", id: "${small.fullJob}") { name } }`;
const names = ['a', 'b', 'c', 'd', 'e'];
/** Handed on to the general way, for its many conditions, once its body was read. */
const handedOn = {
  query: `query Many(${names.map((name) => `$${name}: Boolean!`)}) {
    ${names.map((name) => `${name}: __typename @skip(if: $${name})`)}
    job(project: "42", id: "${small.fullJob}") { name } }`,
  variables: Object.fromEntries(names.map((name) => [name, false])),
};
const id = toGlobalId('Job', 42, small.fullJob);
const TWICE = `mutation Twice { a: jobRetry(input: { id: "${id}" }) { retriedJobId } b: jobRetry(input: { id: "${id}" }) { retriedJobId } }`;

function open({ url }: Way): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

const isOver = ({ msg }: { msg: string }) => msg === 'operation';

describe('a caller who leaves', () => {
  it.each([
    ['a usual operation', { query: JOB }],
    ['one that is handed on', handedOn],
    ['a mutation, before its second write', { query: TWICE }],
  ])('during %s ends its calls, and the log says so', async (_name, body) => {
    const both = await startBothWays();
    for (const way of [both.short, both.general]) {
      way.simulator.fail({ kind: 'hang' });
      const socket = open(way);
      socket.write(toBytes({ body }));
      await expect.poll(() => way.simulator.requests.length).toBe(1);
      socket.destroy();
      expect(await way.log.line(isOver)).toMatchObject({ outcome: 'aborted', calls: 1 });
      expect(way.simulator.requests).toHaveLength(1);
    }
    expect(linesOf(both.short)).toEqual(linesOf(both.general));
    await expectSameMetrics(both);
  });

  it('during its own body has asked nothing', async () => {
    const both = await startBothWays();
    for (const way of [both.short, both.general]) {
      const socket = open(way);
      socket.write(toBytes({ body: { query: JOB } }).subarray(0, -5));
      await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      socket.destroy();
      expect((await way.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
      expect(way.calls()).toEqual([]);
      await expect.poll(() => way.log.lines().filter(isOver).length).toBeGreaterThan(0);
      expect(way.bugs).toEqual([]);
    }
    // Nothing is left that they would wait for.
    await Promise.all([both.short.gateway.drain(), both.general.gateway.drain()]);
  });
});

describe('an operation that takes too long', () => {
  it.each([
    ['is ended', { query: JOB }],
    ['is ended where it is handed on', handedOn],
  ])('%s', async (_name, body) => {
    const both = await startBothWays(() => ({ env: { OPERATION_TIMEOUT_MS: '100' } }));
    for (const way of [both.short, both.general]) way.simulator.fail({ kind: 'hang' });
    const { body: text, log } = await askBoth(both, { body });
    expect(text).toContain('UPSTREAM_TIMEOUT');
    expect(log).toMatchObject([{ errors: ['UPSTREAM_TIMEOUT'] }]);
  });
});

describe('a gateway that ends', () => {
  it('finishes what runs, and closes its connection', async () => {
    const both = await startBothWays();
    const answers = [both.short, both.general].map(async (way) => {
      way.simulator.setLatency(100);
      const bytes = toBytes({ body: { query: JOB }, headers: [['connection', 'keep-alive']] });
      const answer = exchange(way.url, bytes);
      await expect.poll(() => way.simulator.requests.length).toBe(1);
      const drained = way.gateway.drain();
      const late = fetch(`${way.url}/graphql`).catch(() => ({ status: 503 }));
      expect((await late).status).toBe(503);
      await drained;
      return parseAnswer(await answer);
    });
    const [one, other] = await Promise.all(answers);
    expect(one).toEqual(other);
    expect(one?.headers).toContain('connection: close');
    expect(one?.status).toBe(200);
  });

  it('answers a request whose body comes after the end has begun', async () => {
    const both = await startBothWays();
    const answers: unknown[] = [];
    for (const way of [both.short, both.general]) {
      const bytes = toBytes({ body: { query: JOB } });
      const socket = open(way);
      let text = '';
      socket.on('data', (part) => {
        text += String(part);
      });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(bytes.subarray(0, -5));
      // An answer to a later request means that the earlier one has come in.
      await way.query('{ __typename }');
      const drained = way.gateway.drain();
      socket.write(bytes.subarray(-5));
      await Promise.all([drained, closed]);
      answers.push({ ...parseAnswer(text), calls: way.calls() });
    }
    expect(answers[0]).toEqual(answers[1]);
  });
});

describe('a connection', () => {
  const bytes = (query: string, last = false) =>
    toBytes({ body: { query }, headers: last ? [] : [['connection', 'keep-alive']] });

  it('carries several requests at once, answered in their order', async () => {
    const both = await startBothWays();
    const texts: string[] = [];
    for (const way of [both.short, both.general]) {
      way.simulator.fail({ kind: 'slow', delayMs: 50 });
      const sent = [bytes(JOB), bytes('{ quick: __typename }'), bytes('{ nonsense }')];
      texts.push(
        await exchange(way.url, Buffer.concat([...sent, bytes('{ last: __typename }', true)])),
      );
    }
    const bodies = texts.map((text) =>
      text.split(/(?=HTTP\/1\.1 )/).map((answer) => parseAnswer(answer).body.slice(0, 40)),
    );
    expect(bodies[0]).toHaveLength(4);
    expect(bodies[0]?.[0]).toContain('job');
    expect(bodies[0]?.[3]).toContain('last');
    expect(bodies[0]).toEqual(bodies[1]);
  });
});
