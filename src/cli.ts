#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { handleSignals, type OnSignal } from './app/signals.ts';

/** Exit codes: 2 for invalid settings or flags, 1 for any other failure at startup. */
const EXIT = { failed: 1, misused: 2 } as const;

function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function fail(error: unknown): never {
  const { name, code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  const taken = `Port ${port} is already in use. Set another one: PORT or --port, or METRICS_PORT for metrics.`;
  console.error(code === 'EADDRINUSE' ? taken : message);
  process.exit(name === 'ConfigError' ? EXIT.misused : EXIT.failed);
}

/**
 * Runs the command. Imports only what the command needs: `--help` and the error for an invalid
 * setting do not load the schema.
 */
async function run(setOnSignal: (callback: OnSignal) => void): Promise<void> {
  const { parseConfig, usage } = await import('./app/config.ts');
  const command = parseConfig(process.env, process.argv.slice(2));
  if (command.name === 'help') return console.log(usage);
  if (command.name === 'version') return console.log(readVersion());
  if (command.name === 'serve') {
    const { serve } = await import('./app/process.ts');
    const print = (line: string) => console.log(line);
    return serve(command.config, { version: readVersion(), print, setOnSignal });
  }
  const { schema } = await import('./graphql/schema.ts');
  if (command.name === 'print-subgraph') {
    const { printSubgraph } = await import('./federation/subgraph.ts');
    return console.log(printSubgraph(schema, command.typePrefix));
  }
  const { printSorted } = await import('./graphql/print.ts');
  return console.log(printSorted(schema));
}

// Handles signals before the rest of the program is imported, because the import takes up to a
// second.
run(handleSignals()).catch(fail);
