import fc from 'fast-check';
import { type GraphQLSchema, parse, validate } from 'graphql';
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createSubgraph } from '../../src/federation/subgraph.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import type { World } from '../../src/simulator/world.ts';
import { createChooser } from '../compiler/chooser.ts';
import { type RandomOperation, randomOperation } from '../compiler/random-operation.ts';
import type { Known } from '../compiler/random-value.ts';
import { createTestClock, until } from '../gitlab/upstream.ts';
import { runs, SEED } from '../helpers/runs.ts';
import {
  type Answer,
  type Started,
  type StartOptions,
  startGateway,
} from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { type RawRequest, sendRaw } from '../http/raw-request.ts';
import { subscribe } from '../live/subscribe.ts';
import { connect, follow } from '../websocket/web-socket.ts';

/*
 * Sends random operations to two gateways over every transport. One compiles operations, the other
 * executes them with graphql-js. Both must return the same bytes and send the same requests to
 * GitLab.
 */

// Stops the clock, because the duration of a running timeline depends on the time.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());

const RUNS = runs(60);
const SUBSCRIPTIONS = runs(30);
const EXTERNAL = 'https://gitlab.example.com';

const jobs = [small.fullJob, small.bareJob, small.secretJob, '999'];
const pipelines = [small.pipeline, small.downstream];
const ids = [
  ...jobs.map((id) => toGlobalId('Job', 42, id)),
  ...pipelines.map((id) => toGlobalId('Pipeline', 42, id)),
  toGlobalId('Bridge', 42, small.pipeline, small.bridge),
  toGlobalId('Project', 42),
];
const url = `${EXTERNAL}/group/app/-/jobs`;

const reading: Known = {
  project: ['42', small.project, small.secret],
  fullPath: ['42', small.project, 'group/none'],
  fullPaths: ['42', small.project, '44'],
  id: [...jobs, ...pipelines, ...ids],
  ids,
  url: [`${url}/${small.fullJob}`, `${url}/none`],
  first: [1, 2, 20, -1],
  last: [1, 3],
  after: [null],
  before: [null],
  lastLines: [1, 5, -1],
  maxJobs: [1, 100, 0],
  depth: [1, 2, 9],
  path: ['reports/junit.xml', 'none', '../up'],
  maxBytes: [1, 1000, 0],
  representations: [
    ...ids.slice(0, 4).map((id) => ({ __typename: 'Job', id })),
    { __typename: 'Job', webUrl: `${url}/${small.fullJob}` },
    { __typename: 'Project', fullPath: small.project },
    { __typename: 'Pipeline', projectId: '42', databaseId: small.pipeline },
    { __typename: 'Nonsense' },
  ],
};
/**
 * Arguments that select a pipeline with a retried job, a matrix, trigger jobs and a downstream
 * pipeline.
 */
const readingPipeline: Known = {
  ...reading,
  project: ['42'],
  id: [small.pipeline, small.pipeline, '999'],
};
const writing: Known = { ...reading, id: ids, force: [false] };

const env = {
  ...{ MAX_UPSTREAM_CALLS: '1000000', MAX_FIELDS: '100000', MAX_ALIASES: '1000', MAX_DEPTH: '30' },
  ...{ MAX_DIRECTIVES: '1000', MAX_TOKENS: '100000', MAX_ROOT_FIELDS: '500' },
};

/** Creates the small world with more jobs on the board of its pipeline. */
function retriedWorld(): World {
  const world = smallWorld();
  const pipeline = Number(small.pipeline);
  world.addJob(pipeline, { id: 1_101, name: 'lint', status: 'failed', retried: true });
  world.addJob(pipeline, { id: 1_102, name: 'lint' });
  for (const [at, name] of ['e2e: [a] 1/2', 'e2e: [a] 2/2'].entries()) {
    world.addJob(pipeline, { id: 1_103 + at, name, status: 'failed', allowFailure: true });
  }
  return world;
}

const start = (compiledExecution: boolean, options: StartOptions) =>
  startGateway({
    ...options,
    env: { ...env, ...options.env },
    simulator: {
      world: retriedWorld(),
      externalUrl: EXTERNAL,
      jobsIndexLimit: 0,
      ...options.simulator,
    },
    config: { gitlabExternalUrl: EXTERNAL, ...options.config, compiledExecution },
  });

type Transport = (gateway: Started, operation: RandomOperation) => Promise<string>;

const overHttp =
  (toRequest: (operation: RandomOperation) => RawRequest): Transport =>
  async (gateway, operation) => {
    const { status, body } = await sendRaw(gateway.url, toRequest(operation));
    return `${status} ${body}`;
  };

function toSearch({ query, operationName, variables }: RandomOperation): string {
  const given = { query, ...(operationName && { operationName }) };
  return String(new URLSearchParams({ ...given, variables: JSON.stringify(variables) }));
}

const clients = new WeakMap<Started, Client>();

/** Returns the WebSocket client of a gateway. All operations share its socket. */
function clientOf(gateway: Started): Client {
  const known = clients.get(gateway);
  if (known) return known;
  const client = connect(gateway, { payload: { 'private-token': tokens.alice }, staysOpen: true });
  clients.set(gateway, client);
  return client;
}

const overWebSocket: Transport = async (gateway, { query, operationName, variables }) => {
  const results = clientOf(gateway).iterate({
    ...{ query, variables },
    ...(operationName && { operationName }),
  });
  const texts: string[] = [];
  for await (const result of results) texts.push(JSON.stringify(result));
  return texts.join('\n');
};

const openEventStream = (gateway: Started, { query, variables }: RandomOperation) =>
  subscribe(gateway, query, { token: tokens.alice, variables });

const openWebSocket = (gateway: Started, { query, variables }: RandomOperation) => {
  const results = follow(clientOf(gateway), query, variables);
  return { next: () => results.next().catch((errors): Answer => ({ errors })) };
};

const transports: Readonly<Record<string, Transport>> = {
  POST: overHttp((body) => ({ body })),
  GET: overHttp((operation) => ({ method: 'GET', path: `/graphql?${toSearch(operation)}` })),
  'an event stream': overHttp((body) => ({ body, headers: [['accept', 'text/event-stream']] })),
  multipart: overHttp((body) => ({ body, headers: [['accept', 'multipart/mixed']] })),
  'a WebSocket': overWebSocket,
};

/**
 * Makes responses comparable. Sorts the errors, because fields that run in parallel report them in
 * the order in which they fail. Clears `notModified`, because a response may be complete before
 * GitLab has answered all requests.
 */
function normalize(text: string): string {
  const sortErrors = (json: string) => {
    const { errors = [], ...rest } = JSON.parse(json) as { errors?: unknown[] };
    return JSON.stringify({ errors: errors.map((error) => JSON.stringify(error)).sort(), ...rest });
  };
  return text
    .replace(/"notModified":\d+/g, '"notModified":0')
    .replace(/(?<=^|^\d+ |^data: )\{"errors":.*\}$/gm, sortErrors);
}

interface Compared {
  /** The response, which is equal for both gateways. */
  response: string;
  calls: string[];
}

async function compare(
  gateways: readonly Started[],
  operation: RandomOperation,
  send: Transport,
): Promise<Compared> {
  const seen = await Promise.all(
    gateways.map(async (gateway) => {
      const response = normalize(await send(gateway, operation));
      return { response, calls: gateway.calls().sort() };
    }),
  );
  expect(seen[0]).toEqual(seen[1]);
  return seen[0] as Compared;
}

const isValid = ({ query }: RandomOperation, on: GraphQLSchema) =>
  validate(on, parse(query)).length === 0;

const subgraph = createSubgraph(schema, { maxReferences: 100 });

const all = ['POST', 'GET', 'an event stream', 'a WebSocket'] as const;

/** Node refuses a request whose URL and headers have more than 16 KiB. */
const MAX_URL_LENGTH = 15_000;

const boardFields = ['board', 'stages', 'groups', 'jobs', 'attempts', 'timeline', 'downstream'];

/** Options of operations that are deep enough to select the attempts of jobs on a board. */
const ofPipeline = { rootField: 'pipeline', depth: 8, favorites: boardFields };

describe('compiled execution and graphql-js respond alike', () => {
  it.each([
    ['queries', schema, 'query', reading, {}, all],
    ['mutations', schema, 'mutation', writing, {}, ['POST', 'multipart', 'a WebSocket']],
    ['queries of a router', subgraph, 'query', reading, {}, ['POST']],
    ['queries of a pipeline', schema, 'query', readingPipeline, ofPipeline, all],
  ] as const)('to %s', async (_name, on, type, known, shape, names) => {
    const options = { env: on === subgraph ? { FEDERATION: 'true' } : {} };
    const gateways = [await start(true, options), await start(false, options)];
    const count = { sent: 0, withCalls: 0, withErrors: 0 };
    const texts: string[] = [];
    const property = fc.asyncProperty(fc.integer(), async (seed) => {
      const choose = createChooser(seed);
      const operation = randomOperation({ schema: on, choose, type, known, ...shape });
      if (!isValid(operation, on)) return;
      texts.push(operation.query);
      const isLong = encodeURIComponent(JSON.stringify(operation)).length > MAX_URL_LENGTH;
      for (const name of names) {
        if (isLong && name === 'GET') continue;
        const { response, calls } = await compare(
          gateways,
          operation,
          transports[name] as Transport,
        );
        expect(response).toContain('"data":');
        count.sent += 1;
        count.withCalls += Number(calls.length > 0);
        count.withErrors += Number(response.includes('{"errors":'));
      }
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    expect(count.sent).toBeGreaterThan(RUNS * names.length * 0.8);
    expect(count.withCalls).toBeGreaterThan(count.sent * 0.3);
    expect(count.withErrors).toBeGreaterThan(0);
    if (shape !== ofPipeline) return;
    for (const field of boardFields) {
      expect(
        texts.some((text) => text.includes(field)),
        field,
      ).toBe(true);
    }
  });
});

describe('compiled execution and graphql-js send equal events', () => {
  /** Creates running jobs, each in a pipeline of its own. */
  function runningJobs(): World {
    const world = smallWorld();
    for (let at = 0; at < SUBSCRIPTIONS; at += 1) {
      const pipeline = world.addPipeline(42, { id: 3_000 + at, user: 'alice' });
      const plan = { frozen: true };
      world.addJob(pipeline, { id: 2_000 + at, name: 'long', status: 'running', plan });
    }
    return world;
  }

  type Open = (
    gateway: Started,
    operation: RandomOperation,
  ) => { next(): Promise<Answer | undefined> };

  it.each<[string, 'jobUpdated' | 'pipelineUpdated', Open]>([
    ['jobUpdated over an event stream', 'jobUpdated', openEventStream],
    ['pipelineUpdated over a WebSocket', 'pipelineUpdated', openWebSocket],
  ])('of %s', async (_name, rootField, open) => {
    const gateways = await Promise.all(
      [true, false].map(async (compiled) => {
        const time = createTestClock();
        const simulator = { world: runningJobs() };
        const live = { clock: time.clock };
        return { time, ...(await start(compiled, { simulator, live })) };
      }),
    );
    const run = async (
      gateway: (typeof gateways)[number],
      operation: RandomOperation,
      job: number,
    ) => {
      const stream = open(gateway, operation);
      const events = [await stream.next()];
      if (events[0] && 'data' in events[0]) {
        gateway.simulator.world.finishJob(job, 'success');
        await until(() => gateway.time.timers.size > 0);
        gateway.time.advance(600_000);
        events.push(await stream.next(), await stream.next());
      }
      const texts = events.map((event) => event && normalize(JSON.stringify(event)));
      return { events: texts, calls: gateway.calls().sort() };
    };
    let completed = 0;
    for (let at = 0; at < SUBSCRIPTIONS; at += 1) {
      const id =
        rootField === 'jobUpdated'
          ? toGlobalId('Job', 42, 2_000 + at)
          : toGlobalId('Pipeline', 42, 3_000 + at);
      const known = { ...reading, id: [id] };
      const choose = createChooser(SEED + at);
      const type = 'subscription';
      const shape = { rootField, favorites: ['pipeline', ...boardFields] };
      const operation = randomOperation({ schema, choose, type, known, ...shape });
      if (!isValid(operation, schema)) continue;
      const seen = await Promise.all(gateways.map((each) => run(each, operation, 2_000 + at)));
      expect(seen[0]).toEqual(seen[1]);
      // Three results are expected: the current state, the end of the job, and the end of the
      // stream.
      completed += Number(seen[0]?.events.length === 3 && seen[0].events[2] === undefined);
    }
    // Some random arguments are invalid. Their subscriptions fail at once, so only half must be
    // complete.
    expect(completed).toBeGreaterThan(SUBSCRIPTIONS * 0.5);
  });
});
