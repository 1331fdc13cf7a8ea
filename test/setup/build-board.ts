import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../examples/board/build.js', import.meta.url));

/**
 * Builds dist/board before the tests, which open the board in a browser. Does nothing if dist/board
 * is newer than its sources.
 */
export function setup(): void {
  execFileSync(process.execPath, [script], { stdio: 'inherit' });
}
