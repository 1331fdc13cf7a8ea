import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TSC = `${root}/node_modules/typescript/bin/tsc`;

const modifiedAt = (path: string): number =>
  statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** When a source was last changed, added or (by the time of its folder) removed. */
function sourcesModifiedAt(): number {
  const names = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' });
  const paths = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src'];
  return Math.max(...[...paths, ...names.map((name) => `src/${name}`)].map(modifiedAt));
}

/** Removes the program from dist/, but not the board. */
function removeProgram(): void {
  if (modifiedAt('dist') === 0) return;
  for (const name of readdirSync(`${root}/dist`)) {
    if (name !== 'board') rmSync(`${root}/dist/${name}`, { recursive: true });
  }
}

/** Builds dist/, unless it is newer than the sources; tests start the program from there. */
export function setup(): void {
  if (modifiedAt('dist/cli.js') > sourcesModifiedAt()) return;
  removeProgram();
  try {
    // `npm run typecheck` checks the types; leaving that out halves the time.
    execFileSync(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--noCheck'], {
      cwd: root,
      stdio: 'inherit',
    });
  } catch (error) {
    removeProgram();
    throw error;
  }
}
