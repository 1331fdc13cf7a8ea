#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { type Config, ConfigError, parseConfig, usage } from './config.ts';
import { schema } from './graphql/schema.ts';
import { printSubgraph } from './graphql/subgraph.ts';
import { createGateway } from './server.ts';
import { demo, seedWorld } from './simulator/seed.ts';
import { createSimulator } from './simulator/simulator.ts';

/** Where the demo's GitLab would be seen; a name that leads nowhere, so that its answers are alike everywhere. */
const DEMO_URL = 'https://gitlab.example.com';
/** The demo's tokens are no secret: GraphiQL shows them. */
const DEMO_TOKENS = { 'PRIVATE-TOKEN': demo.tokens.maintainer, 'JOB-TOKEN': demo.tokens.job };

/** Exit codes: 2 for what the caller must set right, 1 for what went wrong while starting. */
const EXIT = { failed: 1, misused: 2 } as const;

function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Ends the program on SIGINT and SIGTERM; a second signal does not wait. */
function closeOnSignal(close: () => Promise<unknown>): void {
  const end = () => {
    void close().then(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

async function serve(config: Config): Promise<void> {
  const simulator = config.demo
    ? await createSimulator({ world: seedWorld({ now: Date.now() }), externalUrl: DEMO_URL })
    : undefined;
  simulator?.start();
  const url = simulator?.url ?? config.gitlabUrl;
  const gitlab = simulator ? { gitlabUrl: url, gitlabExternalUrl: DEMO_URL } : {};
  const gateway = createGateway(
    { ...config, ...gitlab },
    {
      version: readVersion(),
      exampleTokens: simulator && DEMO_TOKENS,
    },
  );
  closeOnSignal(() => Promise.all([gateway.close(), simulator?.close()]));
  const address = await gateway.listen(config.host, config.port);
  console.log(`Listening on ${address}/graphql${config.demo ? ' with an embedded GitLab' : ''}`);
}

function fail(error: unknown): never {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  const taken = `Port ${port} is taken: stop what listens there, or choose another with --port.`;
  console.error(code === 'EADDRINUSE' ? taken : message);
  process.exit(error instanceof ConfigError ? EXIT.misused : EXIT.failed);
}

async function run(): Promise<void> {
  const command = parseConfig(process.env, process.argv.slice(2));
  if (command.name === 'serve') await serve(command.config);
  if (command.name === 'help') console.log(usage);
  if (command.name === 'version') console.log(readVersion());
  if (command.name === 'print-schema') console.log(printSchema(lexicographicSortSchema(schema)));
  if (command.name === 'print-subgraph') console.log(printSubgraph(schema));
}

run().catch(fail);
