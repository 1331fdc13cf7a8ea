import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { askAndLeave, startGateway } from '../helpers/start-gateway.ts';
import { createMemoryLog } from '../http/memory-log.ts';
import { sendRaw } from '../http/raw-request.ts';

const world = () => ({ world: seedWorld() });
const JOBS = `query Jobs { project(fullPath: "${demo.project}") { jobs(first: 1) { nodes { name } } } }`;

async function start(options: Parameters<typeof startGateway>[0] = {}) {
  const log = createMemoryLog();
  const given = { simulator: world(), token: demo.token, logger: log.logger, ...options };
  return { log, ...(await startGateway(given)) };
}

describe('the log', () => {
  it('has one line per operation, with its type, cost and outcome', async () => {
    const { query, log, simulator } = await start();
    await query(JOBS, { headers: { 'x-request-id': 'from-the-proxy:1' } });
    expect(simulator.requests).toHaveLength(1);
    expect(log.lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        msg: 'operation',
        requestId: 'from-the-proxy:1',
        transport: 'http',
        type: 'query',
        name: 'Jobs',
        document: expect.stringMatching(/^[0-9a-f]{32}$/),
        execution: 'compiled',
        durationMs: expect.any(Number),
        calls: 1,
        coalesced: 0,
        notModified: 0,
        outcome: 'ok',
        gitlabRequestIds: [expect.stringMatching(/^\w{26}$/)],
      },
    ]);
  });

  it('counts coalesced reads and responses that were not modified', async () => {
    const { query, log, simulator } = await start();
    await query(JOBS);
    simulator.setLatency(100);
    await Promise.all([query(JOBS), query(JOBS)]);
    const [, ...later] = log.lines();
    const sum = (name: string) => later.reduce((total, line) => total + Number(line[name]), 0);
    expect({ calls: sum('calls'), coalesced: sum('coalesced'), notModified: sum('notModified') }) //
      .toEqual({ calls: 1, coalesced: 1, notModified: 1 });
  });

  it.each([
    ['a syntax error', '{ project', 'error', ['GRAPHQL_PARSE_FAILED']],
    ['an unknown field', '{ nonsense }', 'error', ['GRAPHQL_VALIDATION_FAILED']],
    ['a complex document', `{ ${'a '.repeat(20_001)} }`, 'error', ['OPERATION_TOO_COMPLEX']],
    ['a wrong argument', '{ job(project: "1", id: "x") { name } }', 'error', ['BAD_USER_INPUT']],
    [
      'a missing variable',
      'query ($id: ID!) { node(id: $id) { id } }',
      'error',
      ['BAD_USER_INPUT'],
    ],
    ['a failed call', '{ job(project: "1", id: "1") { name } }', 'error', ['UPSTREAM_UNAVAILABLE']],
    [
      'a field that failed',
      '{ __typename job(project: "1", id: "1") { name } }',
      'partial',
      ['UPSTREAM_UNAVAILABLE'],
    ],
  ])('contains the error codes of %s', async (_name, document, outcome, errors) => {
    const { query, log, simulator } = await start();
    simulator.fail({ kind: '500', times: Number.POSITIVE_INFINITY });
    await query(document);
    expect(log.lines()).toMatchObject([{ msg: 'operation', outcome, errors }]);
  });

  it.each([
    ['an unknown operation name', `${JOBS} query B { __typename }`, 'C', {}],
    [
      'an unknown field',
      `query A { nonsense } mutation B { nonsense }`,
      'B',
      { type: 'mutation', name: 'B' },
    ],
  ])(
    'has the hash of a document that was refused for %s',
    async (_name, query, operationName, described) => {
      const { url, log } = await start();
      await sendRaw(url, { body: { query, operationName } });
      const document = createHash('sha256').update(query).digest('hex').slice(0, 32);
      expect(log.lines()).toMatchObject([
        { msg: 'operation', type: 'unknown', document, ...described },
      ]);
    },
  );

  it('reports a disconnected caller as aborted, without errors', async () => {
    const started = await start();
    const { log } = started;
    await askAndLeave(started, JOBS);
    const line = await log.line(({ msg }) => msg === 'operation');
    expect(line).toMatchObject({ outcome: 'aborted', name: 'Jobs' });
    expect(line).not.toHaveProperty('errors');
  });

  it('has a line for a request that was refused before any operation', async () => {
    const { url, log } = await start();
    const headers = { 'content-type': 'text/csv' };
    const { status } = await fetch(`${url}/graphql`, { method: 'POST', headers, body: 'a,b' });
    expect(log.lines()).toMatchObject([{ msg: 'request refused', status }]);
  });

  it('never contains a token, wherever a caller put it', async () => {
    const { url, query, log } = await start();
    const secret = 'glpat-0123456789abcdefghij';
    await query(JOBS, { token: secret, headers: { 'x-request-id': secret } });
    await query(`{ job(project: "${secret}", id: "1") { name } }`, { token: secret });
    await fetch(`${url}/graphql?private_token=${secret}`, { headers: { authorization: secret } });
    expect(log.lines().length).toBeGreaterThanOrEqual(3);
    expect(log.text()).not.toContain(secret);
  });

  it('is empty at a higher log level', async () => {
    const log = createMemoryLog('warn');
    const { query } = await start({ logger: log.logger });
    await query(JOBS);
    expect(log.text()).toBe('');
  });
});
