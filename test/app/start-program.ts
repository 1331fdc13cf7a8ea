import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { spawnProgram } from '../helpers/program.ts';

/** A parsed line of the program's log. */
export type LogLine = Record<string, unknown> & { level: string; msg: string };

/** The program in a process of its own, in front of a simulator in this one. */
export interface StartedProgram {
  child: ChildProcess;
  simulator: Simulator;
  /** Such as `http://localhost:1234`. */
  url: string;
  lines(): LogLine[];
  /** Everything written to standard output and standard error. */
  output(): string;
  /** Resolves with the first log line whose message starts with this. */
  said(msg: string): Promise<LogLine>;
  query(query: string, init?: RequestInit): Promise<Response>;
  /** Resolves with the exit code and the signal that ended the program. */
  ended: Promise<unknown[]>;
}

/** Starts program and simulator; resolves once the program listens. */
export async function startProgram(env: Record<string, string> = {}): Promise<StartedProgram> {
  const simulator = await createSimulator({ world: seedWorld() });
  const where = { GITLAB_URL: simulator.url, HOST: '127.0.0.1', PORT: '0' };
  const child = spawnProgram([], { ...where, ...env });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await simulator.close();
  });
  let output = '';
  const append = (data: Buffer) => {
    output += data;
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  const lines = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  const said = async (msg: string) => {
    const found = () => lines().find((line) => line.msg.startsWith(msg));
    await expect.poll(found, { timeout: 50_000, message: `${msg} in: ${output}` }).toBeDefined();
    return found() as LogLine;
  };
  const address = () => /Listening on (http\S+)\/graphql/.exec(output)?.[1];
  await expect.poll(address, { timeout: 50_000, message: output }).toBeDefined();
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
