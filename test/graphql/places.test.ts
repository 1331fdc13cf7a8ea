import { type ASTNode, type DocumentNode, GraphQLError, parse, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import { forgetTokens, placed } from '../../src/graphql/places.ts';
import { readOperations } from '../../src/http/example-operations.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

function nodesOf(document: DocumentNode): ASTNode[] {
  const nodes: ASTNode[] = [];
  visit(document, { enter: (node) => void nodes.push(node) });
  return nodes;
}

const errorAt = (nodes: ASTNode[]) => new GraphQLError('bad', { nodes, path: ['a', 0] });

describe('a document without tokens', () => {
  it.each(readOperations().map(({ name, query }) => [name, query]))(
    'still tells where its nodes stand: %s',
    (_name, query) => {
      const before = nodesOf(parse(query));
      const document = parse(query);
      forgetTokens(document);
      forgetTokens(document);
      const after = nodesOf(document);
      for (const [index, node] of after.entries()) {
        const was = before[index] as ASTNode;
        expect(placed(errorAt([node, node])).toJSON()).toEqual(errorAt([was, was]).toJSON());
      }
      expect(document.loc?.source.body).toBe(query);
      expect(after.some(({ loc }) => loc?.startToken)).toBe(false);
    },
  );
});

describe.each([
  ['fast', 'true'],
  ['general', 'false'],
])('where very many fields fail, on the %s path', (_way, compiled) => {
  it('at most 500 errors are returned, each with its location, and the number of the others', async () => {
    const world = smallWorld();
    for (let id = 0; id < 30; id++) world.addJob(700, { id: 60_000 + id });
    const { query, simulator, bugs } = await startGateway({
      simulator: { world },
      token: tokens.alice,
      env: { COMPILED_EXECUTION: compiled },
    });
    simulator.fail({ kind: '500', match: /projects\/42$/, times: Number.POSITIVE_INFINITY });
    const names = Array.from({ length: 20 }, (_, at) => `n${at}: name`).join(' ');
    const lines = [
      `{ job(project: "42", id: "${small.fullJob}") { name }`,
      `project(fullPath: "group/app") { jobs(first: 30) { nodes { project { ${names} } } } } }`,
    ];
    const { data, errors = [] } = await query(lines.join('\n'));
    expect(data).toMatchObject({ job: { name: 'unit tests 1/3' } });
    expect(errors).toHaveLength(501);
    expect(errors[0]).toMatchObject({
      path: ['project', 'jobs', 'nodes', 0, 'project', 'n0'],
      locations: [{ line: 2, column: Number(lines[1]?.indexOf('n0')) + 1 }],
      extensions: { code: 'UPSTREAM_UNAVAILABLE', upstream: { status: 500 } },
    });
    expect(errors[500]).toEqual({
      message: '100 more errors are left out.',
      extensions: { code: 'TOO_MANY_ERRORS' },
    });
    expect(bugs).toEqual([]);
  });
});
