import { createClient, type Result, TypedDocumentString } from 'gitlab-jobs-gateway/client';
import {
  CurrentJobDocument,
  NewestJobsDocument,
  OneJobDocument,
  type OneJobQuery,
  RetryJobDocument,
  TailLogDocument,
  type TailLogSubscription,
} from 'gitlab-jobs-gateway/documents';
import { expect, expectTypeOf, it } from 'vitest';
import { showJob } from '../../examples/clients/typed-client.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';

async function start() {
  const gateway = await startGateway({ simulator: { world: smallWorld() } });
  const headers = { 'PRIVATE-TOKEN': tokens.alice };
  return { ...gateway, client: createClient({ url: `${gateway.url}/graphql`, headers }) };
}

it('sends a document of the package, and its result has types', async () => {
  const { client, calls } = await start();
  const variables = { project: small.project, id: small.fullJob };
  const result = await client.query(OneJobDocument, variables);
  expectTypeOf(result).toEqualTypeOf<Result<OneJobQuery>>();
  expect(result.errors).toBeUndefined();
  expect(result.data?.job?.name).toBe('unit tests 1/3');
  expect(calls()).toEqual(['GET /projects/group%2Fapp/jobs/1001']);
});

it('shows a job and its log as the example does', async () => {
  const world = runningWorld('first\n');
  world.appendLog(running.job, 'last\n');
  world.finishJob(running.job, 'success');
  const { url, calls } = await startGateway({ simulator: { world } });
  const variables = { project: small.project, id: String(running.job) };
  const shown: string[] = [];
  await showJob(`${url}/graphql`, tokens.alice, variables, (text) => shown.push(text));
  expect(shown.join('')).toBe('long\nfirst\nlast\n');
  expect(calls().filter((call) => !call.includes('/trace'))).toHaveLength(2);
  const missing = { project: small.project, id: '1' };
  await expect(showJob(`${url}/graphql`, tokens.alice, missing, () => {})).rejects.toThrow(
    'There is no such job.',
  );
});

it('compiles only with the variables of a document', async () => {
  const client = createClient({ url: 'http://127.0.0.1:1/graphql' });
  const ignore = () => {};
  // These requests are never sent. The test is that the TypeScript compiler reports the marked
  // ones.
  const requests = () => [
    // @ts-expect-error A variable is missing.
    client.query(OneJobDocument, { project: 'a/b' }),
    // @ts-expect-error All variables are missing.
    client.query(OneJobDocument),
    // @ts-expect-error A variable has the wrong type.
    client.query(OneJobDocument, { project: 'a/b', id: 1 }),
    // @ts-expect-error The input of the mutation has no id.
    client.mutate(RetryJobDocument, { input: {} }),
    // @ts-expect-error A variable of the subscription is missing.
    client.subscribe(TailLogDocument, {}),
    // @ts-expect-error The client accepts texts, but not parsed documents.
    client.query({ kind: 'Document', definitions: [] }),
    client.query(NewestJobsDocument, { project: 'a/b' }),
    client.query(CurrentJobDocument),
    client.query('{ x }'),
    client.query('{ x }', { any: 1 }),
    client.query(new TypedDocumentString<{ x: 1 }, Record<string, never>>('{ x }')),
  ];
  expect(requests).toBeInstanceOf(Function);
  const events = client.subscribe(TailLogDocument, { id: '1' });
  expectTypeOf(events).toEqualTypeOf<AsyncIterableIterator<Result<TailLogSubscription>>>();
  await events.return?.().then(ignore);
});
