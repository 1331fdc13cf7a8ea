import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../src/app/config.ts';
import { boardDocument, sha256, writeBoard } from '../helpers/board.ts';
import { writeFile } from '../helpers/files.ts';
import { type Answer, type Started, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { connect, follow } from '../websocket/web-socket.ts';

const document = 'query JobName($id: ID!) {\n  job(project: "42", id: $id) {\n    name\n  }\n}';
const mutation =
  'mutation Retry($id: ID!) {\n  jobRetry(input: {id: $id}) {\n    retriedJobId\n  }\n}';
const digest = (text: string, algorithm = 'sha256') =>
  createHash(algorithm).update(text).digest('hex');
const hash = digest(document);
const variables = { id: small.fullJob };

/** A manifest as GraphQL Code Generator's client preset writes it with `persistedDocuments`. */
const manifest = JSON.stringify(
  { [hash]: document, [digest(mutation, 'sha1')]: mutation },
  null,
  2,
);

const start = (only: boolean, content = manifest): Promise<Started> =>
  startGateway({
    simulator: { world: smallWorld() },
    config: { trustedDocuments: { file: writeFile(content), only } },
  });

async function send({ url }: Started, body: unknown): Promise<Answer & { status: number }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      'private-token': tokens.alice,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

const executed = { data: { job: { name: 'unit tests 1/3' } } };
const codeOf = ({ errors }: Answer) => errors?.[0]?.extensions['code'];

const persistedQuery = { version: 1, sha256Hash: hash };

describe.each([
  ['and all others allowed', false],
  ['only', true],
] as const)('with trusted documents %s, trusted documents', (_name, only) => {
  it.each<[string, object]>([
    ['documentId with the algorithm', { documentId: `sha256:${hash}` }],
    ['documentId without the algorithm', { documentId: hash }],
    ['extensions of Apollo', { extensions: { persistedQuery } }],
    ...['doc_id', 'docId', 'id', 'queryId'].map((name): [string, object] => [
      `${name} of Relay`,
      { [name]: hash, query: null },
    ]),
    ['with an operation name', { documentId: hash, operationName: 'JobName' }],
  ])('are executed by hash: %s', async (_form, form) => {
    expect(await send(await start(only), { ...form, variables })).toMatchObject(executed);
  });

  it.each<[string, unknown]>([
    ['a map of hashes', { [hash]: document }],
    ['a map of hashes with the algorithm', { [`sha256:${hash}`]: document }],
    [
      "Apollo's",
      {
        ...{ format: 'apollo-persisted-query-manifest', version: 1 },
        operations: [{ id: hash, name: 'JobName', type: 'query', body: document }],
      },
    ],
  ])(
    'are found in a manifest that is %s, with or without the algorithm',
    async (_form, content) => {
      const started = await start(only, JSON.stringify(content));
      for (const documentId of [hash, `sha256:${hash}`]) {
        expect(await send(started, { documentId, variables })).toMatchObject(executed);
      }
      expect(await send(started, { extensions: { persistedQuery }, variables })).toMatchObject(
        executed,
      );
    },
  );

  it('are executed by GET', async () => {
    const { url } = await start(only);
    const get = async (parameters: Record<string, string>) => {
      const all = new URLSearchParams({ ...parameters, variables: JSON.stringify(variables) });
      const headers = { 'private-token': tokens.alice };
      return (await fetch(`${url}/graphql?${all}`, { headers })).json();
    };
    expect(await get({ documentId: `sha256:${hash}` })).toMatchObject(executed);
    expect(await get({ doc_id: hash })).toMatchObject(executed);
    const extensions = JSON.stringify({ persistedQuery });
    expect(await get({ extensions })).toMatchObject(executed);
  });

  it('are found by the hash in the manifest, whatever its algorithm', async () => {
    const started = await start(only);
    const documentId = `sha1:${digest(mutation, 'sha1')}`;
    expect(codeOf(await send(started, { documentId, variables: { id: 'x' } }))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it.each([
    ['unknown', `sha256:${digest('x')}`],
    ['empty', ''],
    ['a number', 7],
    ['an object that cannot be converted to a string', { toString: 1, valueOf: 1 }],
    ['a property of every object', 'constructor'],
  ])('are not found by a hash that is %s', async (_form, documentId) => {
    const started = await start(only);
    const answer = await send(started, { documentId });
    expect([codeOf(answer), answer.status]).toEqual(['PERSISTED_QUERY_NOT_FOUND', 404]);
    // Clients such as urql compare this message.
    expect(answer.errors?.[0]?.message).toBe('PersistedQueryNotFound');
    expect(started.calls()).toEqual([]);
  });

  it('are limited and validated like all documents', async () => {
    const deep = `{ ${'a { '.repeat(30)}b${' }'.repeat(30)} }`;
    const started = await start(only, JSON.stringify({ deep, broken: '{ nothing }' }));
    expect(codeOf(await send(started, { documentId: 'deep' }))).toBe('OPERATION_TOO_COMPLEX');
    expect(codeOf(await send(started, { documentId: 'broken' }))).toBe('GRAPHQL_VALIDATION_FAILED');
    const query = new URLSearchParams({ documentId: digest(mutation, 'sha1') });
    const byGet = await fetch(`${(await start(only)).url}/graphql?${query}`);
    expect(byGet.status).toBe(405);
  });
});

describe('a document that is not trusted', () => {
  const other = { query: '{ project(fullPath: "group/app") { name } }' };

  it('is executed if not only trusted documents are allowed', async () => {
    expect(await send(await start(false), other)).toHaveProperty('data.project.name');
    const registering = { query: document, variables, extensions: { persistedQuery } };
    expect(await send(await start(false), registering)).toMatchObject(executed);
  });

  it('is refused if only trusted documents are allowed', async () => {
    const started = await start(true);
    for (const body of [
      other,
      { ...other, documentId: hash },
      { ...other, extensions: { persistedQuery } },
      { query: `${document} `, variables },
      { query: '{ __typename }' },
      { query: '{' },
    ]) {
      const answer = await send(started, body);
      expect([codeOf(answer), answer.status]).toEqual(['QUERY_NOT_IN_SAFELIST', 403]);
    }
    expect(started.calls()).toEqual([]);
    expect(await send(started, { query: document, variables })).toMatchObject(executed);
  });
});

describe('without a manifest', () => {
  it('a hash is refused, so that the client sends the document', async () => {
    const started = await startGateway();
    const answer = await send(started, { extensions: { persistedQuery } });
    expect(codeOf(answer)).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
    expect(answer.errors?.[0]?.message).toBe('PersistedQueryNotSupported');
  });

  it('a hash is refused, too, if the gateway serves the board, whose own hashes are known', async () => {
    const started = await startGateway({
      simulator: { world: smallWorld() },
      env: { BOARD: 'true' },
      boardFolder: writeBoard(),
    });
    const answer = await send(started, { extensions: { persistedQuery } });
    expect(codeOf(answer)).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
    const own = await send(started, { documentId: sha256(boardDocument) });
    expect(own).toHaveProperty('data.job.status');
  });
});

describe('an invalid manifest', () => {
  it.each([
    ...['{', '[]', '{}', 'null', '["a"]', '{"a":1}', '{"operations":[]}', '{"operations":[null]}'],
    '{"operations":[{"id":"a"}]}',
    '{"sha1:a":"{ a }","md5:a":"{ b }"}',
  ])('prevents the start: %s', async (content) => {
    await expect(start(true, content)).rejects.toThrow(ConfigError);
  });

  it('prevents the start if it is missing', () => {
    const env = { GITLAB_URL: 'https://gitlab.example.com', TRUSTED_DOCUMENTS: 'only' };
    expect(() => parseConfig(env, [])).toThrow('TRUSTED_DOCUMENTS_FILE');
    expect(parseConfig({ ...env, BOARD: 'true' }, []).name).toBe('serve');
  });
});

describe('over a WebSocket', () => {
  it('documents that are not trusted are refused, too', async () => {
    const started = await start(true);
    const client = connect(started, { headers: { 'private-token': tokens.alice } });
    await expect(follow(client, '{ __typename }').next()).rejects.toMatchObject([
      { extensions: { code: 'QUERY_NOT_IN_SAFELIST' } },
    ]);
    expect(await follow(client, document, variables).next()).toMatchObject(executed);
  });
});
