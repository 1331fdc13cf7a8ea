// Runs the conformance suite of MCP against the demo. The argument is the folder where the suite is
// installed. Fails if a case fails that conformance.yml does not list, or if a listed case passes.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDemo } from './demo.mjs';

const folder = resolve(process.argv[2]);
const { address, stop } = await startDemo();
try {
  const suite = join(folder, 'node_modules/.bin/conformance');
  const expected = fileURLToPath(new URL('conformance.yml', import.meta.url));
  const args = [suite, 'server', '--url', `${new URL('/mcp', address)}`];
  const { status } = spawnSync(process.execPath, [...args, '--expected-failures', expected], {
    cwd: folder,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  stop();
}
