import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { type ExampleOperation, readOperations } from '../../src/plugins/operation-tabs.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import { demo } from '../../src/simulator/seed.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

/** What was done, by kind. */
export type Tally = Record<string, number>;

const operations = readOperations();
const isLive = ({ query }: ExampleOperation) => /^subscription\b/m.test(query);
const plain = operations.filter((operation) => !isLive(operation));
const live = operations.filter(isLive);
const { maintainer, developer, guest } = demo.tokens;

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

const faults: readonly Fault[] = [
  { kind: '429', retryAfter: 1 },
  { kind: '429-json', retryAfter: 1 },
  { kind: 'maintenance', retryAfter: 1 },
  { kind: 'slow', delayMs: 800 },
  ...(['500', '502', '503', '504', 'html', 'reset', 'hang', 'truncated', 'redirect'] as const).map(
    (kind) => ({ kind }),
  ),
];

/** Callers of every kind, until the signal ends them: readers, writers, watchers, leavers, fools. */
export async function createLoad(url: string, simulator: Simulator) {
  const tally: Tally = {};
  const agent = new Agent({ connections: 24 });
  const count = (name: string) => {
    tally[name] = (tally[name] ?? 0) + 1;
  };
  const headersFor = (operation: ExampleOperation, token: string) => ({
    'content-type': 'application/json',
    [operation.credential]: operation.credential === 'JOB-TOKEN' ? demo.tokens.job : token,
  });
  const ask = async (
    operation: ExampleOperation,
    given: { token?: string; signal?: AbortSignal; accept?: string } = {},
  ) => {
    const { token = pick([maintainer, developer, guest]), signal, accept } = given;
    const { body } = await request(`${url}/graphql`, {
      method: 'POST',
      dispatcher: agent,
      headers: { ...headersFor(operation, token), ...(accept && { accept }) },
      body: JSON.stringify({ query: operation.query, variables: operation.variables }),
      ...(signal && { signal }),
    });
    await body.dump({ limit: 100_000_000 });
  };
  const leaving = (withinMs: number) => AbortSignal.timeout(Math.ceil(Math.random() * withinMs));

  const watchBySocket = async () => {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { 'private-token': maintainer },
      retryAttempts: 0,
    });
    const { query, variables } = pick(live);
    const leave = client.subscribe({ query, variables }, { next() {}, error() {}, complete() {} });
    await sleep(Math.random() * 1_500);
    if (Math.random() < 0.5) leave();
    await client.dispose();
  };

  const actions: readonly [name: string, weight: number, act: () => Promise<unknown>][] = [
    ['operations', 60, () => ask(pick(plain))],
    ['operations that their caller left', 12, () => ask(pick(plain), { signal: leaving(25) })],
    [
      'subscriptions over SSE',
      6,
      () => ask(pick(live), { accept: 'text/event-stream', signal: leaving(1_500) }),
    ],
    ['subscriptions over WebSocket', 4, watchBySocket],
    ['callers never seen before', 6, () => ask(pick(plain), { token: `glpat-${randomUUID()}` })],
    ['documents that are none', 4, () => ask({ ...pick(plain), query: '{ nonsense }' })],
  ];
  const bag = actions.flatMap((action) => Array.from({ length: action[1] }, () => action));

  const caller = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const [name, , act] = pick(bag);
      count(name);
      await act().catch(() => count('cut off or left'));
      await sleep(Math.random() * 60);
    }
  };
  const mischief = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      count('faults of GitLab');
      simulator.fail({ ...pick(faults), times: 1 + Math.floor(Math.random() * 3) });
      await sleep(250);
      simulator.requests.length = 0;
    }
    simulator.clearFaults();
  };

  return {
    tally,
    /** Goes on for so long. */
    async run(ms: number, callers: number): Promise<void> {
      const signal = AbortSignal.timeout(ms);
      await Promise.all([
        mischief(signal),
        ...Array.from({ length: callers }, () => caller(signal)),
      ]);
    },
    close: () => agent.destroy(),
  };
}
