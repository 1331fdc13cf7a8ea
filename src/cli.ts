#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { ConfigError, parseConfig, usage } from './app/config.ts';
import { serve } from './app/process.ts';
import { printSubgraph } from './federation/subgraph.ts';
import { schema } from './graphql/schema.ts';

/** Exit codes: 2 for invalid settings or flags, 1 for any other failure at startup. */
const EXIT = { failed: 1, misused: 2 } as const;

function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function fail(error: unknown): never {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  const taken = `Port ${port} is taken: choose another (--port, METRICS_PORT).`;
  console.error(code === 'EADDRINUSE' ? taken : message);
  process.exit(error instanceof ConfigError ? EXIT.misused : EXIT.failed);
}

async function run(): Promise<void> {
  const command = parseConfig(process.env, process.argv.slice(2));
  if (command.name === 'serve') {
    await serve(command.config, { version: readVersion(), print: (line) => console.log(line) });
  }
  if (command.name === 'help') console.log(usage);
  if (command.name === 'version') console.log(readVersion());
  if (command.name === 'print-schema') console.log(printSchema(lexicographicSortSchema(schema)));
  if (command.name === 'print-subgraph') console.log(printSubgraph(schema));
}

run().catch(fail);
