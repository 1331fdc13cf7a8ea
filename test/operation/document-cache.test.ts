import { describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { createOperationCache } from '../../src/operation/document-cache.ts';
import { collectGarbage } from '../helpers/collect-garbage.ts';
import { configOf } from '../helpers/config.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const DOCUMENT = 'query One { one: __typename } query Two { two: __typename }';

function createCache(options: { compileAfterUses?: number; compiledExecution?: boolean } = {}) {
  const env = { GITLAB_URL: 'http://localhost', MAX_FIELDS: '100000', MAX_ALIASES: '100000' };
  const { limits } = configOf({ ...env, MAX_TOKENS: '100000', MAX_ROOT_FIELDS: '10000' });
  const cache = createOperationCache({
    ...{ schema, limits, webUrls: [], introspection: true },
    ...options,
  });
  return cache;
}

function createFind(options: Parameters<typeof createCache>[0] = {}) {
  const cache = createCache(options);
  return (query: string, operationName?: string, isTrusted = false) =>
    cache.find({ query, isTrusted }, operationName);
}

describe('the document cache', () => {
  it('compiles an operation at its second use, once', () => {
    const find = createFind();
    expect(find(DOCUMENT, 'One').execution).toBe('first_use');
    const second = find(DOCUMENT, 'One');
    expect(second.execution).toBe('compiled');
    expect(second.operation.name?.value).toBe('One');
    expect(find(DOCUMENT, 'One')).toBe(second);
  });

  it('compiles a trusted document at its first use', () => {
    expect(createFind()(DOCUMENT, 'One', true).execution).toBe('compiled');
  });

  it('compiles an operation at its first use if it is told to', () => {
    const cache = createCache();
    const requested = { query: DOCUMENT, isTrusted: false };
    const compiled = cache.findCompiled(requested, 'One');
    expect(compiled.execution).toBe('compiled');
    expect(cache.find(requested, 'One')).toBe(compiled);
  });

  it('compiles a subscription at its first use', () => {
    const query = 'subscription { jobUpdated(id: "x") { name } }';
    expect(createFind()(query).execution).toBe('compiled');
  });

  it('distinguishes the operations of a document by name', () => {
    const find = createFind({ compileAfterUses: 0 });
    const names = ['One', 'Two', 'One'].map((name) => find(DOCUMENT, name).operation.name?.value);
    expect(names).toEqual(['One', 'Two', 'One']);
    const message = 'Could not determine what operation to execute.';
    const unresolved = expect.objectContaining({ errors: [expect.objectContaining({ message })] });
    expect(() => find(DOCUMENT)).toThrow(unresolved);
    expect(() => find('{ __typename }', '')).toThrow(unresolved);
  });

  it('evicts the operations that were not used for longest when they are too large', () => {
    const find = createFind({ compileAfterUses: 0 });
    const wide = (name: string) =>
      `query ${name} { ${Array.from({ length: 40 }, (_, at) => `x${at}: job(project: "1", id: "1") { ...F x${at}: id }`).join(' ')} }
       fragment F on Job { ${Array.from({ length: 19 }, (_, at) => `y${at}: name`).join(' ')} }`;
    const first = find(wide('First'));
    expect(find(wide('First'))).toBe(first);
    for (let at = 0; at < 20; at += 1) find(wide(`Q${at}`));
    expect(find(wide('First'))).not.toBe(first);
  });

  it('keeps no copies of long selections', async () => {
    const find = createFind({ compileAfterUses: 0 });
    const comment = `# ${'x'.repeat(40_000)}\n`;
    const projects = Array.from(
      { length: 200 },
      (_, at) => `x${at}: project(fullPath: "a/b") { y${at}: fullPath ...F }`,
    );
    const query = `{ ${projects.join(' ')} } fragment F on Project {
      __typename pipeline(id: "1") { ${comment} ref } pipeline(id: "1") { ${comment} sha } }`;
    const { compiled } = find(query);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    await compiled?.run({}, {});
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  });

  it.each([
    ['many', 2_000, 'x'.repeat(500)],
    ['long', 50, 'x'.repeat(1_000_000)],
  ])('keeps a compiled operation while %s one-off documents pass', (_kind, times, comment) => {
    const find = createFind();
    find(DOCUMENT, 'One');
    const compiled = find(DOCUMENT, 'One');
    for (let at = 0; at < times; at += 1) find(`{ a${at}: __typename } # ${comment}`);
    expect(find(DOCUMENT, 'One')).toBe(compiled);
  });

  it.each([
    ['introspection', '{ __schema { types { name } } }'],
    [
      'declined',
      `query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $e: Boolean!) {
        a: __typename @skip(if: $a) b: __typename @skip(if: $b) c: __typename @skip(if: $c)
        d: __typename @skip(if: $d) e: __typename @skip(if: $e) }`,
    ],
  ])('leaves to graphql-js what cannot be compiled: %s', (execution, query) => {
    const find = createFind({ compileAfterUses: 0 });
    for (let use = 0; use < 3; use += 1) {
      expect(find(query)).toMatchObject({ execution, compiled: undefined });
    }
  });

  it('leaves everything to graphql-js if compiled execution is switched off', () => {
    const find = createFind({ compileAfterUses: 0, compiledExecution: false });
    expect(find(DOCUMENT, 'One')).toMatchObject({ execution: 'declined', compiled: undefined });
  });

  it('does not compile operations with too many fields in all variants', () => {
    const find = createFind({ compileAfterUses: 0 });
    const conditions = ['a', 'b', 'c', 'd'];
    const text = `query (${conditions.map((name) => `$${name}: Boolean!`)}) {
      ${conditions.map((name) => `${name}: __typename @skip(if: $${name})`)} MORE }`;
    expect(find(text.replace('MORE', '')).compiled?.fields).toBe(4 * 16);
    const more = Array.from({ length: 200 }, (_, at) => `f${at}: __typename`).join(' ');
    expect(find(text.replace('MORE', more)).execution).toBe('declined');
  });

  it('counts the fields below aliases with equal selections once', () => {
    const find = createFind({ compileAfterUses: 0 });
    const jobs = (selections: string) =>
      Array.from(
        { length: 500 },
        (_, at) => `j${at}: job(project: "a", id: "${at}") ${selections}`,
      );
    const fields = '{ id name stage status duration webUrl }';
    expect(find(`{ ${jobs(fields)} }`).compiled?.fields).toBe(500 + 6);
    // A document of so many lines is parsed without locations.
    expect(find(`{ ${jobs(fields.replaceAll(' ', '\n'))} }`).compiled?.fields).toBe(506);
    expect(find(`{ ${jobs('{ ...F }')} } fragment F on Job ${fields}`).compiled?.fields).toBe(506);
    const lines = '{ id name stage status ref trace { lines(first: $first) { totalCount } } }';
    const withVariable = `query ($first: Int) { ${jobs(lines)} }`;
    expect(find(withVariable).execution).toBe('declined');
  });
});

describe('requests whose document and operation name form the same text', () => {
  it('are distinguished', async () => {
    const query = 'Q { __typename }';
    const operationName = ' query';
    const gateway = await startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });
    const send = async (body: object) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await fetch(`${gateway.url}/graphql`, init)).text();
    };
    const valid = { query: 'query Q { __typename }' };
    // The two requests have cache keys that a simple concatenation would confuse. Each is sent
    // twice, the malformed one first.
    expect(await send({ query, operationName })).toContain('errors');
    expect(await send(valid)).toContain('"Query"');
    expect(await send({ query, operationName })).toContain('errors');
    expect(await send(valid)).toContain('"Query"');
  });
});
