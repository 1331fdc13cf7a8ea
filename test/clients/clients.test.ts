import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, type OperationDefinitionNode, parse, print, validate } from 'graphql';
import { type ConcreteRequest, commitMutation } from 'relay-runtime';
import { describe, expect, it } from 'vitest';
import { createRequestClient, listJobs } from '../../examples/clients/graphql-request.ts';
import { createRelayEnvironment } from '../../examples/clients/relay.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/graphql/schema.ts';
import { readOperations } from '../../src/http/example-operations.ts';
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

describe('the Relay compiler', () => {
  it('accepts the schema and the example operations', () => {
    // Relay wants the name of the module in that of the operation.
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

  const queries = [...docs.matchAll(/```graphql\nquery (\w+)([\s\S]*?)```/g)];

  it.each(queries.map(([, name = '', text = '']) => [name, text]))(
    'fits the schema: %s',
    (name, text) => {
      expect(validate(schema, parse(`query ${name}${text}`))).toEqual([]);
    },
  );

  it('quotes the set-up of each client', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6);
    expect(queries.length).toBeGreaterThanOrEqual(2);
  });
});
