import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { spawnProgram } from '../helpers/program.ts';

/** A line of the program's log. */
export type LogLine = Record<string, unknown> & { level: string; msg: string };

/** The program in a process of its own, in front of a simulator in this one. */
export interface StartedProgram {
  child: ChildProcess;
  simulator: Simulator;
  /** Where it listens, such as `http://localhost:1234`. */
  url: string;
  /** What it logged so far. */
  lines(): LogLine[];
  /** Everything it wrote. */
  output(): string;
  /** Resolves with the first line that says so. */
  said(msg: string): Promise<LogLine>;
  /** Asks it something by GraphQL. */
  query(query: string, init?: RequestInit): Promise<Response>;
  /** Resolves with its exit code and the signal that ended it. */
  ended: Promise<unknown[]>;
}

/** Starts both. `meanwhile` sees the program before it listens. */
export async function startProgram(
  env: Record<string, string> = {},
  meanwhile: (child: ChildProcess) => unknown = () => {},
): Promise<StartedProgram> {
  const simulator = await createSimulator({ world: seedWorld() });
  const where = { GITLAB_URL: simulator.url, HOST: '127.0.0.1', PORT: '0' };
  const child = spawnProgram([], { ...where, ...env });
  meanwhile(child);
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await simulator.close();
  });
  let output = '';
  const note = (data: Buffer) => {
    output += data;
  };
  child.stdout?.on('data', note);
  child.stderr?.on('data', note);
  const lines = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  const said = async (msg: string) => {
    const found = () => lines().find((line) => line.msg.startsWith(msg));
    await expect.poll(found, { timeout: 20_000, message: `${msg} in: ${output}` }).toBeDefined();
    return found() as LogLine;
  };
  const address = () => /Listening on (http\S+)\/graphql/.exec(output)?.[1];
  await expect.poll(address, { timeout: 20_000, message: output }).toBeDefined();
  const url = address() ?? '';
  return {
    child,
    simulator,
    url,
    lines,
    output: () => output,
    said,
    ended,
    query: (query, init) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'private-token': demo.token },
        body: JSON.stringify({ query }),
        ...init,
      }),
  };
}
