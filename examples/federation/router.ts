import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { getOperationAST, print } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';

/*
 * A minimal router for experiments, on port 4002:
 * `npx tsx examples/federation/router.ts supergraph.graphql`.
 * Every router must forward the headers in `FORWARDED`: the caller's credential and trace context.
 */

const FORWARDED = ['authorization', 'private-token', 'job-token', 'traceparent', 'tracestate'];

type Executor = Awaited<ReturnType<ApolloGateway['load']>>['executor'];

function useGateway(executor: Executor): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(({ document, operationName, variableValues, contextValue, schema }) => {
        const source = print(document);
        const request = { query: source, operationName, variables: variableValues };
        const operation = getOperationAST(document, operationName);
        // ApolloGateway expects a request of Apollo Server, but reads only these members.
        const given = { request, source, document, operation, operationName, schema };
        const context = { queryHash: source, context: contextValue, metrics: {}, ...given };
        return executor(context as unknown as Parameters<Executor>[0]);
      });
    },
  };
}

/** Serves a supergraph; port 0 picks a free one. */
export async function startRouter(supergraphSdl: string, port: number) {
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ url }) =>
      new RemoteGraphQLDataSource({
        url: url ?? '',
        willSendRequest({ request, context }) {
          const incoming = (context as { request?: Request }).request?.headers;
          for (const name of FORWARDED) {
            const value = incoming?.get(name);
            if (value) request.http?.headers.set(name, value);
          }
        },
      }),
  });
  const { schema, executor } = await gateway.load();
  const server = createServer(
    createYoga({ schema, plugins: [useGateway(executor)], maskedErrors: false }),
  );
  server.once('close', () => void gateway.stop());
  return server.listen(port);
}

if (import.meta.filename === process.argv[1]) {
  const file = process.argv[2] ?? 'supergraph.graphql';
  await startRouter(readFileSync(file, 'utf8'), 4002);
}
