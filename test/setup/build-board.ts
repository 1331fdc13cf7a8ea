import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const board = `${root}/examples/board`;

const modifiedAt = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const listFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);

/** When a source of the board was last changed, added or (by the time of its folder) removed. */
function sourcesModifiedAt(): number {
  const files = ['package-lock.json', 'vite.config.ts', 'index.html', 'src'];
  const own = files.map((name) => `${board}/${name}`);
  return Math.max(
    ...[...own, ...listFiles(`${board}/src`), ...listFiles(`${root}/src/client`)].map(modifiedAt),
  );
}

/** Builds dist/board, unless it is newer than its sources. Installs its dependencies if need be. */
export function setup(): void {
  if (modifiedAt(`${root}/dist/board/index.html`) > sourcesModifiedAt()) return;
  const npm = (...args: string[]) =>
    execFileSync('npm', ['--prefix', board, ...args], { cwd: board, stdio: 'inherit' });
  if (!existsSync(`${board}/node_modules`)) npm('ci');
  npm('run', '--silent', 'build', '--', '--logLevel', 'warn');
}
