import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createYoga } from 'graphql-yoga';

/*
 * An example subgraph with deployments and teams. Of a deployment's job, it stores only the web
 * address.
 * `npx tsx examples/federation/neighbour.ts` serves it on port 4001.
 */

/** The subgraph's schema, with its own Relay types. */
export const neighbourSdl = readFileSync(new URL('neighbour.graphql', import.meta.url), 'utf8');

export interface Deployment {
  id: string;
  environment: string;
  job: { webUrl: string };
}

const jobs = 'https://gitlab.example.com/acme/shop/web/-/jobs';
const known: Deployment[] = [
  { id: 'd1', environment: 'production', job: { webUrl: `${jobs}/12345678915` } },
  { id: 'd2', environment: 'staging', job: { webUrl: `${jobs}/12345678913` } },
];
const pageInfo = { hasNextPage: false, hasPreviousPage: false };

/** Serves the subgraph; port 0 picks a free one. */
export function startNeighbour(port: number, deployments = known) {
  const typeDefs = parse(neighbourSdl);
  const resolvers = {
    Query: {
      deployments: () => ({
        edges: deployments.map((node) => ({ cursor: node.id, node })),
        pageInfo,
      }),
    },
    Project: {
      __resolveReference: ({ fullPath }: { fullPath: string }) => ({
        fullPath,
        team: `team of ${fullPath}`,
      }),
    },
  };
  return createServer(
    createYoga({ schema: buildSubgraphSchema([{ typeDefs, resolvers }]) }),
  ).listen(port);
}

if (import.meta.filename === process.argv[1]) startNeighbour(4001);
