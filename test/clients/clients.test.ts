import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, type OperationDefinitionNode, parse, print, validate } from 'graphql';
import { type ConcreteRequest, commitMutation } from 'relay-runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RETRY } from '../../examples/clients/documents.ts';
import { followPipeline } from '../../examples/clients/follow-pipeline.ts';
import { createRequestClient, listJobs } from '../../examples/clients/graphql-request.ts';
import { createSseClient } from '../../examples/clients/graphql-sse.ts';
import { createRelayEnvironment } from '../../examples/clients/relay.ts';
import { request } from '../../examples/clients/request.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { parseOperation, readOperations } from '../../src/http/example-operations.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';
import { clients } from './adapters.ts';
import { compileForRelay } from './relay-artifacts.ts';

const start = () =>
  startGateway({ simulator: { world: runningWorld() }, config: { pollIntervalMs: 100 } });

const NAMES = ['long', 'bare', 'unit tests 1/3'];

describe.each(clients)('%s', (_name, create) => {
  it('loads two pages, one call each', async () => {
    const gateway = await start();
    const client = await create(`${gateway.url}/graphql`, tokens.alice);
    expect(await client.loadTwoPages(small.project)).toEqual(NAMES);
    expect(gateway.calls()).toHaveLength(2);
    expect(gateway.bugs).toEqual([]);
  });

  it('retries a job and follows another until it has finished', async () => {
    const gateway = await start();
    const client = await create(`${gateway.url}/graphql`, tokens.alice);
    const id = toGlobalId('Job', small.projectId, small.fullJob);
    expect(await client.retry(id)).toBe('unit tests 1/3');
    const statuses: string[] = [];
    client.follow(
      running.id,
      (status) => statuses.push(status),
      () => {},
    );
    await expect.poll(() => statuses).toEqual(['RUNNING']);
    gateway.simulator.world.finishJob(running.job, 'success');
    await expect.poll(() => statuses).toEqual(['RUNNING', 'SUCCESS']);
    expect(gateway.bugs).toEqual([]);
  });
});

describe('graphql-request', () => {
  it('lists the jobs of a project page by page', async () => {
    const { url, calls } = await start();
    const names: string[] = [];
    const client = createRequestClient(`${url}/graphql`, tokens.alice);
    for await (const { name } of listJobs(client, small.project)) names.push(name);
    expect(names).toEqual(NAMES);
    expect(calls()).toHaveLength(2);
  });
});

it('keeps a job in the store of Relay apart from the result of a bulk mutation', async () => {
  const { url } = await start();
  const text =
    'mutation bulkMutation($ids: [ID!]) { jobsRetry(input: { ids: $ids }) { results { id outcome job { id name } } } }';
  const folder = compileForRelay({ 'bulk.ts': `graphql\`${text}\`;` });
  const file = join(folder, 'bulkMutation.graphql.ts');
  const mutation = (await import(/* @vite-ignore */ file)).default as ConcreteRequest;
  const environment = createRelayEnvironment(`${url}/graphql`, tokens.alice);
  const id = toGlobalId('Job', small.projectId, small.fullJob);
  const data = await new Promise((resolve, reject) => {
    const variables = { ids: [id] };
    commitMutation(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });
  expect(data).toMatchObject({ jobsRetry: { results: [{ id, outcome: 'DONE' }] } });
  expect(environment.getStore().getSource().get(id)).toBeUndefined();
});

describe('examples without a cache', () => {
  it('sends an operation with fetch, and rejects with the message of an error', async () => {
    const { url } = await start();
    const send = (field: string) => request(`${url}/graphql`, tokens.alice, `{ ${field} }`);
    expect(await send(`project(fullPath: "${small.project}") { fullPath }`)).toEqual({
      data: { project: { fullPath: small.project } },
      errors: undefined,
    });
    await expect(send('nothing')).rejects.toThrow('Cannot query field "nothing"');
  });

  it('follows a pipeline, and shows a retry as another attempt', async () => {
    const { url, simulator } = await start();
    simulator.world.finishJob(running.job, 'failed');
    const retry = await request(`${url}/graphql`, tokens.alice, RETRY, {
      input: { id: running.id },
    });
    expect(retry).toMatchObject({ data: { jobRetry: { errors: [] } } });
    const attempts: number[] = [];
    const errors: unknown[] = [];
    const unsubscribe = followPipeline(
      createSseClient(`${url}/graphql`, tokens.alice),
      running.pipelineId,
      ({ board }) => {
        const jobs = board.stages.flatMap(({ groups }) => groups.flatMap((group) => group.jobs));
        attempts.push(...jobs.map((job) => job.attempts.length));
      },
      (error) => errors.push(error),
    );
    onTestFinished(unsubscribe);
    await expect.poll(() => attempts).toContain(2);
    expect(errors).toEqual([]);
  });

  it('reports that a pipeline cannot be followed', async () => {
    const { url } = await start();
    const errors: unknown[] = [];
    const client = createSseClient(`${url}/graphql`, tokens.alice);
    onTestFinished(
      followPipeline(
        client,
        'no id',
        () => {},
        (error) => errors.push(error),
      ),
    );
    await expect.poll(() => errors).toMatchObject([[{ message: expect.any(String) }]]);
  });
});

describe('the Relay compiler', () => {
  it('accepts the schema and the example operations', () => {
    // Relay requires that the name of an operation begins with the name of its module.
    const modules = readOperations().map(({ query }, at) => {
      const document = parse(query);
      const [operation] = document.definitions;
      if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
      const { operation: type } = operation;
      const suffix = `${type[0]!.toUpperCase()}${type.slice(1)}`;
      const name = { kind: Kind.NAME, value: `example${at}${suffix}` } as const;
      const renamed: OperationDefinitionNode = { ...operation, name };
      return [`example${at}.ts`, `graphql\`${print(renamed)}\`;`] as const;
    });
    expect(() => compileForRelay(Object.fromEntries(modules))).not.toThrow();
    expect(modules.length).toBeGreaterThan(10);
  });

  it('would notice a field that does not exist', () => {
    const text = 'graphql`query wrongQuery { nothing }`;';
    expect(() => compileForRelay({ 'wrong.ts': text })).toThrow('nothing');
  });
});

describe('docs/clients.md', () => {
  const docs = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8');
  const blocks = [...docs.matchAll(/```ts\n\/\/ (examples\/\S+)\n([\s\S]*?)```/g)];

  it.each(blocks.map(([, file = '', text = '']) => [file, text]))('quotes %s', (file, text) => {
    expect(text).toBe(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
  });

  const operations = [...docs.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text = '']) => ({
    text,
    title: /(?:query|mutation|subscription) \w+/.exec(text)?.[0],
  }));

  it.each(operations)('fits the schema: $title', ({ text }) => {
    expect(validate(schema, parse(text))).toEqual([]);
  });

  const answered = operations.filter(({ title }) => !title?.startsWith('subscription'));

  it.each(answered)('has data for its $title in the demo', async ({ text }) => {
    const { query } = await startGateway({ simulator: { world: seedWorld() }, token: demo.token });
    const operation = parseOperation('docs', text);
    const { data, errors } = await query(operation.query, { variables: operation.variables });
    expect(errors).toBeUndefined();
    expect(Object.values(data ?? {})).toEqual([expect.anything()]);
  });

  it('quotes the set-up of each client', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    expect(operations.length).toBeGreaterThanOrEqual(2);
  });
});
