/*
 * Builds the board into dist/board, unless dist/board is newer than the sources.
 * Usage: node examples/board/build.js [--optional]
 * With --optional, a failed build prints two sentences instead of npm's output, and exits with
 * code 0.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, '../..');
const isOptional = process.argv.includes('--optional');

const report = (text) => process.stderr.write(`${text}\n`);

/** Returns the time of a file's last change in ms since 1970; 0 if the file does not exist. */
const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Returns the time of the last change in a file or folder. Ignores installed packages. */
function contentModifiedAt(path) {
  const names = statSync(path).isDirectory() ? readdirSync(path) : [];
  const inside = names.filter((name) => name !== 'node_modules');
  return Math.max(modifiedAt(path), ...inside.map((name) => contentModifiedAt(join(path, name))));
}

/** Runs npm in the folder of the board. Throws an error with npm's output if npm fails. */
function npm(progress, ...args) {
  report(`Board: ${progress}…`);
  const { status, error, stdout, stderr } = spawnSync('npm', ['--prefix', folder, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw error ?? new Error(`${stdout}${stderr}`);
}

function build() {
  const lock = modifiedAt(join(folder, 'package-lock.json'));
  if (modifiedAt(join(folder, 'node_modules/.package-lock.json')) < lock) {
    // Vite is a development dependency, which npm would leave out with NODE_ENV=production.
    npm('installing its packages', 'ci', '--ignore-scripts', '--include=dev');
  }
  npm('building', 'run', 'build');
}

/** The build reads the board's own files and the gateway's client, which the board imports. */
const sources = [folder, join(root, 'src/client')];
const builtAt = modifiedAt(join(root, 'dist/board/documents.json'));

if (builtAt <= Math.max(...sources.map(contentModifiedAt))) {
  try {
    build();
  } catch (error) {
    const hint = 'It needs the npm registry, and Node.js 20.19 or a later 20.x, or 22.12 or later';
    if (isOptional) {
      report(`Board: it could not be built. ${hint}; \`npm run build:board\` shows why.`);
    } else {
      report(`${error.message}\nThe board could not be built. ${hint}.`);
      process.exitCode = 1;
    }
  }
}
