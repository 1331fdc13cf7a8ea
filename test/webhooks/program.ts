import { expect } from 'vitest';
import { spawnProgram } from '../helpers/program.ts';

/** A gateway in its own process. */
export interface Program {
  url: string;
  /** The messages of its log so far. */
  messages(): string[];
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
}

/** Starts the program from the command line; it is killed when the test ends. */
export async function startProgram(env: Record<string, string>): Promise<Program> {
  const child = spawnProgram(['--port', '0'], { HOST: '127.0.0.1', ...env });
  child.stderr.pipe(process.stderr);
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  const messages = () =>
    output
      .split('\n')
      .filter(Boolean)
      .map((line) => (line.startsWith('{') ? (JSON.parse(line) as { msg: string }).msg : line));
  const started = () => messages().find((message) => message.startsWith('Listening on'));
  await expect.poll(started, { interval: 20 }).toBeDefined();
  const url = /http:\/\/[^/]+/.exec(started() ?? '')?.[0] ?? '';
  return {
    url,
    messages,
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    },
  };
}
