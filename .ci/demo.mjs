// Starts the built program as a user would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Starts the demo. Returns its address, and a function that ends it. */
export async function startDemo() {
  const child = spawn(process.execPath, ['dist/cli.js', '--demo', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { address: /http:\S+/.exec(line)[0], stop: () => child.kill() };
}
