/* Other major versions of Node.js, from npm. They are installed in bench/.nodes and in no lock file. */
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

/** Returns the program of a major version of Node.js, and its full version. */
export function findNode(major) {
  const isThis = process.versions.node.split('.')[0] === major;
  const program = isThis ? process.execPath : install(major);
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return { program, version: stdout.trim() };
}
