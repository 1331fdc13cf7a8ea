import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { spawnProgram } from '../helpers/program.ts';
import type { LogLine } from '../http/memory-log.ts';

/** Starts the program in a process of its own. Resolves when it listens. */
export async function serveProgram(env: Record<string, string>) {
  const child = spawnProgram([], { HOST: '127.0.0.1', PORT: '0', ...env });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const lines = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  const address = () => /Listening on (http\S+)\/graphql/.exec(output)?.[1];
  await expect.poll(address, { timeout: 50_000, message: output }).toBeDefined();
  const url = address() ?? '';
  return {
    child,
    /** The base URL of the program, such as `http://localhost:1234`. */
    url,
    lines,
    /** Everything written to standard output and standard error. */
    output: () => output,
    /** Resolves with the first log line whose message starts with `msg`. */
    async said(msg: string): Promise<LogLine> {
      const found = () => lines().find((line) => line.msg.startsWith(msg));
      await expect.poll(found, { timeout: 50_000, message: `${msg} in: ${output}` }).toBeDefined();
      return found() as LogLine;
    },
    /** Resolves with the exit code and the signal that ended the program. */
    ended,
    query: (query: string, init?: RequestInit) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'private-token': demo.token },
        body: JSON.stringify({ query }),
        ...init,
      }),
  };
}

/** Starts the program in a process of its own, and a simulated GitLab in this process. */
export async function startProgram(env: Record<string, string> = {}) {
  const simulator = await createSimulator({ world: seedWorld() });
  onTestFinished(() => simulator.close());
  return { simulator, ...(await serveProgram({ GITLAB_URL: simulator.url, ...env })) };
}
