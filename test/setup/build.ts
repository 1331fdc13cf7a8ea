import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TSC = `${root}/node_modules/typescript/bin/tsc`;

const modifiedAt = (path: string): number =>
  statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Returns when a source file was last changed, added or removed. The time of a folder shows that a
 * file in it was removed.
 */
function sourcesModifiedAt(): number {
  const names = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' });
  const paths = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'bundle.js', 'src'];
  return Math.max(...[...paths, ...names.map((name) => `src/${name}`)].map(modifiedAt));
}

/** Runs a script of Node.js in the folder of the package. Rejects if it fails. */
async function run(...args: string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} failed`);
}

/** Removes the program from dist/, but leaves dist/board. */
function removeProgram(): void {
  if (modifiedAt('dist') === 0) return;
  for (const name of readdirSync(`${root}/dist`)) {
    if (name !== 'board') rmSync(`${root}/dist/${name}`, { recursive: true });
  }
}

/** Builds the program in dist/. Does nothing if it is newer than the sources. */
async function buildProgram(): Promise<void> {
  if (modifiedAt('dist/cli.js') > sourcesModifiedAt()) return;
  removeProgram();
  try {
    // Types are not checked here, which halves the time. `npm run typecheck` checks them.
    await run(TSC, '-p', 'tsconfig.build.json', '--noCheck');
    await run('bundle.js');
  } catch (error) {
    removeProgram();
    throw error;
  }
}

/**
 * Builds dist/ before the tests, which start the program from there and open the board in a browser.
 * build.js does nothing if the board is newer than its sources.
 */
export async function setup(): Promise<void> {
  await Promise.all([buildProgram(), run('examples/board/build.js')]);
}
