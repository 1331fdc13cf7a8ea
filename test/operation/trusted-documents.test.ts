import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError, parseConfig } from '../../src/app/config.ts';
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

/** A manifest on disk, as `persistedDocuments` of the client preset leaves it. */
function write(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'persisted-documents.json');
  writeFileSync(file, content);
  return file;
}

const manifest = JSON.stringify(
  { [hash]: document, [digest(mutation, 'sha1')]: mutation },
  null,
  2,
);

const start = (only: boolean, content = manifest): Promise<Started> =>
  startGateway({
    simulator: { world: smallWorld() },
    config: { trustedDocuments: { file: write(content), only } },
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

const answered = { data: { job: { name: 'unit tests 1/3' } } };
const codeOf = ({ errors }: Answer) => errors?.[0]?.extensions['code'];

const persistedQuery = { version: 1, sha256Hash: hash };

describe.each([
  ['beside others', false],
  ['alone', true],
] as const)('trusted documents %s', (_name, only) => {
  it.each<[string, object]>([
    ['as GraphQL over HTTP has it', { documentId: `sha256:${hash}` }],
    ['by the bare hash', { documentId: hash }],
    ['as Apollo has it', { extensions: { persistedQuery } }],
    ['with the name of its operation', { documentId: hash, operationName: 'JobName' }],
  ])('are run by their hash: %s', async (_form, form) => {
    expect(await send(await start(only), { ...form, variables })).toMatchObject(answered);
  });

  it('are run by GET', async () => {
    const { url } = await start(only);
    const get = async (parameters: Record<string, string>) => {
      const all = new URLSearchParams({ ...parameters, variables: JSON.stringify(variables) });
      const headers = { 'private-token': tokens.alice };
      return (await fetch(`${url}/graphql?${all}`, { headers })).json();
    };
    expect(await get({ documentId: `sha256:${hash}` })).toMatchObject(answered);
    const extensions = JSON.stringify({ persistedQuery });
    expect(await get({ extensions })).toMatchObject(answered);
  });

  it('have the hash that the manifest gives them, whatever made it', async () => {
    const started = await start(only);
    const documentId = `sha1:${digest(mutation, 'sha1')}`;
    expect(codeOf(await send(started, { documentId, variables: { id: 'x' } }))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it.each([
    ['unknown', `sha256:${digest('x')}`],
    ['empty', ''],
    ['no text', 7],
    ['nothing that has a text', { toString: 1, valueOf: 1 }],
    ['a name that every object has', 'constructor'],
  ])('are not found by a hash that is %s', async (_form, documentId) => {
    const started = await start(only);
    const answer = await send(started, { documentId });
    expect([codeOf(answer), answer.status]).toEqual(['PERSISTED_QUERY_NOT_FOUND', 404]);
    expect(started.calls()).toEqual([]);
  });

  it('are held to the limits and to the other rules', async () => {
    const deep = `{ ${'a { '.repeat(30)}b${' }'.repeat(30)} }`;
    const started = await start(only, JSON.stringify({ deep, broken: '{ nothing }' }));
    expect(codeOf(await send(started, { documentId: 'deep' }))).toBe('OPERATION_TOO_COMPLEX');
    expect(codeOf(await send(started, { documentId: 'broken' }))).toBe('GRAPHQL_VALIDATION_FAILED');
    const query = new URLSearchParams({ documentId: digest(mutation, 'sha1') });
    const byGet = await fetch(`${(await start(only)).url}/graphql?${query}`);
    expect(byGet.status).toBe(405);
  });
});

describe('any other document', () => {
  const other = { query: '{ project(fullPath: "group/app") { name } }' };

  it('is served beside them', async () => {
    expect(await send(await start(false), other)).toHaveProperty('data.project.name');
    const registering = { query: document, variables, extensions: { persistedQuery } };
    expect(await send(await start(false), registering)).toMatchObject(answered);
  });

  it('is refused where only they are', async () => {
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
    expect(await send(started, { query: document, variables })).toMatchObject(answered);
  });
});

describe('without a manifest', () => {
  it('clients that try a hash are told to send the document', async () => {
    const started = await startGateway();
    const answer = await send(started, { extensions: { persistedQuery } });
    expect(codeOf(answer)).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
  });
});

describe('a manifest that cannot be used', () => {
  it.each(['{', '[]', '{}', 'null', '["a"]', '{"a":1}'])('stops the start: %s', async (content) => {
    await expect(start(true, content)).rejects.toThrow(ConfigError);
  });

  it('stops the start if it is missing', () => {
    const env = { GITLAB_URL: 'https://gitlab.example.com', TRUSTED_DOCUMENTS: 'only' };
    expect(() => parseConfig(env, [])).toThrow('TRUSTED_DOCUMENTS_FILE');
  });
});

describe('over a WebSocket', () => {
  it('the same holds', async () => {
    const started = await start(true);
    const client = connect(started, { headers: { 'private-token': tokens.alice } });
    await expect(follow(client, '{ __typename }').next()).rejects.toMatchObject([
      { extensions: { code: 'QUERY_NOT_IN_SAFELIST' } },
    ]);
    expect(await follow(client, document, variables).next()).toMatchObject(answered);
  });
});
