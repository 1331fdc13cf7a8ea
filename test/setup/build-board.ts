import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../examples/board/build.js', import.meta.url));

/** Builds dist/board, unless it is newer than its sources; tests open it in a browser. */
export function setup(): void {
  execFileSync(process.execPath, [script], { stdio: 'inherit' });
}
