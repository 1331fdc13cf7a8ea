import { readFileSync } from 'node:fs';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { neighbourSdl } from './neighbour.ts';

/*
 * Composes the subgraphs of the gateway and of neighbour.ts into a supergraph:
 * `npx tsx examples/federation/compose.ts > supergraph.graphql`
 */

const gitlabSdl = readFileSync(new URL('../../schema/subgraph.graphql', import.meta.url), 'utf8');

/** Returns the supergraph. Throws with the reasons if the subgraphs do not compose. */
export function composeSupergraph(urls: { gitlab: string; deployments: string }): string {
  const result = composeServices([
    { name: 'gitlab', url: urls.gitlab, typeDefs: parse(gitlabSdl) },
    { name: 'deployments', url: urls.deployments, typeDefs: parse(neighbourSdl) },
  ]);
  if (result.supergraphSdl) return result.supergraphSdl;
  throw new Error(result.errors?.map(({ message }) => message).join('\n'));
}

if (import.meta.filename === process.argv[1]) {
  const supergraph = composeSupergraph({
    gitlab: 'http://localhost:4000/graphql',
    deployments: 'http://localhost:4001/graphql',
  });
  process.stdout.write(`${supergraph}\n`);
}
