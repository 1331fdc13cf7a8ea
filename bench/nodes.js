/* Installs other major versions of Node.js from npm into bench/.nodes. They are not in the lock file. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const name = `node-${process.platform}-${process.arch}`;

function install(major) {
  const folder = fileURLToPath(new URL(`.nodes/${major}`, import.meta.url));
  const program = `${folder}/node_modules/${name}/bin/node`;
  if (existsSync(program)) return program;
  const flags = ['--no-save', '--no-package-lock', '--loglevel=error', '--prefix', folder];
  const { status } = spawnSync('npm', ['install', ...flags, `${name}@${major}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`npm could not install ${name}@${major}`);
  return program;
}

/** Returns the path and the full version of a major version of Node.js. Installs it if necessary. */
export function findNode(major) {
  const isThis = process.versions.node.split('.')[0] === major;
  const program = isThis ? process.execPath : install(major);
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return { program, version: stdout.trim() };
}
