import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import relayConfig from '../../schema/relay.json' with { type: 'json' };
import { createFolder } from '../helpers/files.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Compiles TypeScript modules with the Relay compiler and the configuration in schema/relay.json.
 * `modules` are texts by name. Returns the folder of the artifacts. Throws the errors of the
 * compiler.
 */
export function compileForRelay(modules: Readonly<Record<string, string>>): string {
  const folder = createFolder();
  cpSync(join(root, 'schema/schema.graphql'), join(folder, 'schema.graphql'));
  mkdirSync(join(folder, 'artifacts'));
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  const config = {
    ...relayConfig,
    ...{ src: './', schema: './schema.graphql', artifactDirectory: './artifacts' },
    ...{ language: 'typescript', noSourceControl: true },
  };
  writeFileSync(join(folder, 'relay.config.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/.bin/relay-compiler');
  execFileSync(compiler, ['--noWatchman'], { cwd: folder, stdio: 'pipe', encoding: 'utf8' });
  return join(folder, 'artifacts');
}
