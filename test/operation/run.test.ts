import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { writeFile } from '../helpers/files.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { createMemoryLog } from '../http/memory-log.ts';
import { exchange, type RawRequest, sendRaw, toBytes } from '../http/raw-request.ts';
import { subscribe } from '../live/subscribe.ts';
import { connect, follow } from '../websocket/web-socket.ts';

const JOB = `query Job { job(project: "42", id: "${small.fullJob}") { name } }`;
const EVENTS = `subscription { jobUpdated(id: "${toGlobalId('Job', 42, small.fullJob)}") { name } }`;
const hash = createHash('sha256').update(JOB).digest('hex');

const writeManifest = () => writeFile(JSON.stringify({ [hash]: JOB }));

/**
 * Returns the number of operations by execution and reason, such as `compiled` or `general
 * first_use`.
 */
async function countExecutions({ url }: Started): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const samples = text.matchAll(
    /^gateway_operations_total\{.*execution="(\w*)",reason="(\w*)"\} (\d+)$/gm,
  );
  return Object.fromEntries(
    [...samples].map(([, execution, reason, count]) => [
      `${execution} ${reason}`.trim(),
      Number(count),
    ]),
  );
}

describe('an operation that is executed again', () => {
  it('has the same response when it is compiled, with parallel slow fields', async () => {
    const gateway = await startGateway({
      simulator: { world: smallWorld() },
      env: { UPSTREAM_EXTENSION: 'false' },
      compileAfterUses: 1,
    });
    gateway.simulator.fail({ kind: 'slow', delayMs: 50, match: /jobs\/1001$/, times: 9 });
    const query = `{
      slow: job(project: "42", id: "1001") { name pipeline { duration } trace { byteSize } }
      typename: __typename
      failed: job(project: "42", id: "x") { name }
      fast: project(fullPath: "group/app") { id jobs(first: 2) { nodes { name status } } }
      last: job(project: "42", id: "1002") { name user { username } } }`;
    const bodies: string[] = [];
    for (let use = 0; use < 3; use += 1) {
      bodies.push((await sendRaw(gateway.url, { body: { query } })).body);
    }
    const [first, second, third] = bodies;
    expect(first).toMatch(/"slow":.*"typename":.*"failed":null.*"fast":.*"last":/);
    expect([second, third]).toEqual([first, first]);
    expect(await countExecutions(gateway)).toEqual({ 'general first_use': 1, compiled: 2 });
  });
});

describe('the execution of an operation', () => {
  type Send = (gateway: Started) => Promise<unknown>;
  const http =
    (request: RawRequest): Send =>
    ({ url }) =>
      sendRaw(url, request);
  const body = { query: JOB };
  const clientLibrary = { name: '@apollo/client', version: '4.0.0' };
  const stream = [['accept', 'text/event-stream']] as const;
  const overWebSocket = async (gateway: Started, query: string) => {
    const client = connect(gateway, { payload: { 'private-token': tokens.alice } });
    const results = follow(client, query);
    while (await results.next());
  };
  const onceGeneral = { 'general first_use': 1, compiled: 1 };

  it.each<[string, Send, Record<string, number>]>([
    ['POST', http({ body }), onceGeneral],
    ['GET', http({ method: 'GET', path: `/graphql?query=${encodeURI(JOB)}` }), onceGeneral],
    [
      'the extensions of Apollo',
      http({ body: { ...body, extensions: { clientLibrary } } }),
      onceGeneral,
    ],
    ['a batch', http({ body: [body] }), onceGeneral],
    ['an event stream', http({ body, headers: stream }), onceGeneral],
    ['multipart', http({ body, headers: [['accept', 'multipart/mixed']] }), onceGeneral],
    ['a WebSocket', (gateway) => overWebSocket(gateway, JOB), onceGeneral],
    ['the hash of a trusted document', http({ body: { documentId: hash } }), { compiled: 2 }],
    [
      'a subscription over an event stream',
      ({ url }) => subscribe({ url }, EVENTS, { token: tokens.alice }).rest(),
      { compiled: 2 },
    ],
    [
      'a subscription over a WebSocket',
      (gateway) => overWebSocket(gateway, EVENTS),
      { compiled: 2 },
    ],
    [
      'introspection',
      http({ body: { query: '{ __schema { types { name } } }' } }),
      { 'general introspection': 2 },
    ],
    ['a refused operation', http({ body: { query: '{ unknown }' } }), { none: 2 }],
    ['a malformed credential', http({ body, token: 'two words' }), { none: 2 }],
    [
      'a refused subscription',
      http({
        body: { query: 'subscription { jobUpdated(id: "x") { name } }' },
        headers: stream,
      }),
      { none: 2 },
    ],
  ])('is counted for %s', async (name, send, expected) => {
    const isTrusted = name.includes('trusted');
    const gateway = await startGateway({
      simulator: { world: smallWorld() },
      env: { MAX_BATCH: '1' },
      config: isTrusted ? { trustedDocuments: { file: writeManifest(), only: false } } : {},
      compileAfterUses: 1,
    });
    for (let use = 0; use < 2; use += 1) await send(gateway);
    await expect.poll(() => countExecutions(gateway)).toEqual(expected);
  });

  it('is general for all operations with COMPILED_EXECUTION=false', async () => {
    const env = { COMPILED_EXECUTION: 'false' };
    const gateway = await startGateway({ simulator: { world: smallWorld() }, env });
    await sendRaw(gateway.url, { body });
    expect(await countExecutions(gateway)).toEqual({ 'general declined': 1 });
  });
});

describe('callers of one compiled operation', () => {
  it.each([
    ['with variables', 'query ($id: ID!) ', '$id', { id: small.secretJob }],
    ['without variables', '', `"${small.secretJob}"`, {}],
  ])('see their own data only: %s', async (_name, head, id, variables) => {
    const gateway = await startGateway({ simulator: { world: smallWorld() } });
    gateway.simulator.setLatency(5);
    const query = `${head}{ job(project: "${small.secret}", id: ${id}) { name } }`;
    const callers = Array.from(
      { length: 40 },
      (_, at) => [tokens.alice, tokens.mallory, tokens.gus, null][at % 4] ?? null,
    );
    const responses = await Promise.all(
      callers.map((token) => gateway.query(query, { token, variables })),
    );
    for (const [at, { data }] of responses.entries()) {
      const name = (data?.['job'] as { name: string } | null | undefined)?.name;
      expect(name).toBe(callers[at] === tokens.alice ? 'hidden' : undefined);
    }
  });
});

describe('a caller that disconnects', () => {
  const id = toGlobalId('Job', 42, small.fullJob);
  const retry = `jobRetry(input: { id: "${id}" }) { retriedJobId }`;

  it.each([
    ['compiled', true],
    ['executed by graphql-js', false],
  ])('ends a mutation before its second field: %s', async (_name, compiledExecution) => {
    const log = createMemoryLog();
    const gateway = await startGateway({
      simulator: { world: smallWorld() },
      logger: log.logger,
      config: { compiledExecution },
    });
    gateway.simulator.fail({ kind: 'hang' });
    const leaving = new AbortController();
    const response = gateway.post(`mutation { a: ${retry} b: ${retry} }`, {
      token: tokens.alice,
      signal: leaving.signal,
    });
    await expect.poll(() => gateway.simulator.requests.length).toBe(1);
    leaving.abort();
    await expect(response).rejects.toThrow();
    const line = await log.line(({ msg }) => msg === 'operation');
    expect(line).toMatchObject({ outcome: 'aborted', type: 'mutation', calls: 1 });
    expect(gateway.simulator.requests).toHaveLength(1);
  });
});

it('reports the cost of an operation only with UPSTREAM_EXTENSION', async () => {
  const costOf = async (value: string) => {
    const env = { UPSTREAM_EXTENSION: value };
    const gateway = await startGateway({ simulator: { world: smallWorld() }, env });
    return (await gateway.query(JOB, { token: tokens.alice })).extensions;
  };
  expect(await costOf('true')).toEqual({ upstream: { calls: 1, coalesced: 0, notModified: 0 } });
  expect(await costOf('false')).toBeUndefined();
});

it('executes the operations of a batch in parallel and logs each', async () => {
  const log = createMemoryLog();
  const gateway = await startGateway({
    simulator: { world: smallWorld() },
    env: { MAX_BATCH: '3' },
    logger: log.logger,
  });
  const text = await exchange(gateway.url, toBytes({ body: [{ query: JOB }, { query: JOB }, {}] }));
  expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject([
    { data: { job: { name: 'unit tests 1/3' } } },
    { data: { job: { name: 'unit tests 1/3' } } },
    { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
  ]);
  expect(
    log
      .lines()
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual(['error', 'ok', 'ok']);
  expect(gateway.calls()).toHaveLength(1);
});
