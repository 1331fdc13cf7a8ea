import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { type Dispatcher, request } from 'undici';
import { WebSocket } from 'ws';
import { type ExampleOperation, readOperations } from '../../src/http/example-operations.ts';
import { demo } from '../../src/simulator/seed.ts';

/** The secret token that GitLab's webhooks send. */
export const HOOK_SECRET = 'soak-hook-secret';

/**
 * A kind of caller. It acts more often the higher its weight is. `act` may reject, because the
 * connection may break off.
 */
export type Caller = readonly [name: string, weight: number, act: () => Promise<unknown>];

const operations = readOperations();
const isLive = ({ query }: ExampleOperation) => /^subscription\b/m.test(query);
const isWrite = ({ query }: ExampleOperation) => /^mutation\b/m.test(query);
const live = operations.filter(isLive);
const writes = operations.filter(isWrite);
export const reads = operations.filter((each) => !isLive(each) && !isWrite(each));

const { maintainer, developer, guest } = demo.tokens;

/** Returns a random item. */
export const pick = <T>(from: readonly T[]): T =>
  from[Math.floor(Math.random() * from.length)] as T;
const leaving = (withinMs: number) => AbortSignal.timeout(Math.ceil(Math.random() * withinMs));
const whole = { limit: 100_000_000 };

/**
 * Returns an operation that reads the job list of the demo's project, with the given arguments of
 * `jobs`.
 */
export const listOf = (args: string): ExampleOperation => ({
  name: 'list',
  query: `{ project(fullPath: "${demo.project}") { jobs(${args}) {
    totalCount nodes { id name pipeline { status ref } trace @include(if: false) { byteSize } } pageInfo { hasNextPage } } } }`,
  variables: {},
  credential: 'PRIVATE-TOKEN',
});

/** Lists in both directions that are longer than a page of GitLab (100 rows). */
const lists = ['first: 250', 'last: 120', 'sort: ID_ASC, first: 101'].map(listOf);

const jobs = [demo.successJobId, demo.failedJobId, demo.runningJobId, demo.erasedJobId];

/** Returns an operation with a text that was never sent before. */
export const unseen = (): ExampleOperation => ({
  ...pick(reads),
  query: `{ a${randomUUID().replaceAll('-', '')}: __typename }`,
});

interface Asking {
  token?: string;
  signal?: AbortSignal;
  accept?: string;
}

/** Returns a function that sends an operation and reads the response to its end. */
export function createAsk(url: string, dispatcher: Dispatcher) {
  return async (operation: ExampleOperation, given: Asking = {}) => {
    const { token = pick([maintainer, developer, guest]), signal, accept } = given;
    const { credential, query, variables } = operation;
    const { body } = await request(`${url}/graphql`, {
      method: 'POST',
      dispatcher,
      headers: {
        'content-type': 'application/json',
        [credential]: credential === 'JOB-TOKEN' ? demo.tokens.job : token,
        ...(accept && { accept }),
      },
      body: JSON.stringify({ query, variables }),
      ...(signal && { signal }),
    });
    await body.dump(whole);
  };
}

/**
 * Subscribes over WebSocket for a short time. Then ends in one of three ways: unsubscribes and
 * disconnects, disconnects only, or breaks the connection off.
 */
async function watchBySocket(url: string): Promise<void> {
  let socket: WebSocket | undefined;
  class Kept extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      socket = this;
    }
  }
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: Kept,
    connectionParams: { 'private-token': maintainer },
    retryAttempts: 0,
  });
  const sink = { next() {}, error() {}, complete() {} };
  const leaves = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => {
    const { query, variables } = pick(live);
    return client.subscribe({ query, variables }, sink);
  });
  client.subscribe(pick(reads), sink);
  await sleep(Math.random() * 1_500);
  const way = Math.random();
  if (way < 0.3) for (const leave of leaves) leave();
  else if (way < 0.6) socket?.terminate();
  await client.dispose();
}

/** Opens a connection and breaks it off in the middle of a request. */
async function breakOff(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n');
  socket.write('content-length: 100\r\n\r\n{"query":"{ __type');
  await sleep(Math.random() * 50);
  socket.destroy();
}

/** Returns a function that sends GitLab's webhooks about jobs of the demo. */
export function createHooks(url: string, dispatcher: Dispatcher) {
  const job = () => ({
    object_kind: 'build',
    build_id: pick(jobs),
    pipeline_id: demo.runningPipelineId,
    project_id: demo.projectId,
  });
  const pipeline = () => ({
    object_kind: 'pipeline',
    object_attributes: { id: demo.runningPipelineId },
    project: { id: demo.projectId },
    builds: jobs.map((id) => ({ id })),
  });
  return async (secret: string) => {
    const { body } = await request(`${url}/webhooks/gitlab`, {
      method: 'POST',
      dispatcher,
      headers: { 'x-gitlab-token': secret, 'idempotency-key': randomUUID() },
      body: JSON.stringify(pick([job, pipeline])()),
    });
    await body.dump(whole);
  };
}

function createDownload(url: string, dispatcher: Dispatcher) {
  return async (signal?: AbortSignal) => {
    const { body } = await request(`${url}/jobs/${demo.projectId}/${pick(jobs)}/trace`, {
      dispatcher,
      headers: { 'private-token': maintainer },
      ...(signal && { signal }),
    });
    await body.dump(whole);
  };
}

/**
 * Returns all kinds of callers: some read, write, subscribe or send webhooks, others disconnect
 * early or send invalid requests.
 */
export function createCallers(url: string, dispatcher: Dispatcher): readonly Caller[] {
  const ask = createAsk(url, dispatcher);
  const hook = createHooks(url, dispatcher);
  const download = createDownload(url, dispatcher);
  const stream = () =>
    ask(pick(live), { accept: 'text/event-stream', token: maintainer, signal: leaving(1_500) });
  return [
    ['queries', 40, () => ask(pick(reads))],
    ['long lists', 8, () => ask(pick(lists))],
    ['mutations', 6, () => ask(pick(writes))],
    ['raw logs', 5, () => download()],
    ['operations that their caller left', 12, () => ask(pick(operations), { signal: leaving(25) })],
    ['raw logs that their caller left', 3, () => download(leaving(20))],
    ['subscriptions over SSE', 6, stream],
    ['connections with subscriptions over WebSocket', 4, () => watchBySocket(url)],
    ['hooks', 6, () => hook(HOOK_SECRET)],
    ['forged hooks', 1, () => hook(randomUUID())],
    ['callers never seen before', 6, () => ask(pick(reads), { token: `glpat-${randomUUID()}` })],
    ['documents that are none', 3, () => ask({ ...pick(reads), query: '{ nonsense }' })],
    ['documents never seen before', 3, () => ask(unseen())],
    ['requests broken off', 3, () => breakOff(url)],
  ];
}
