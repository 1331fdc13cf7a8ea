import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** The built program, started in a process of its own as users start it. */
export interface MeasuredGateway {
  url: string;
  /**
   * Returns the resident memory in MB: the current value, and the maximum since the previous call.
   */
  memory(): { now: number; peak: number };
  stop(): void;
}

/** Starts the built program for a GitLab. `env` has further settings. */
export async function startGateway(
  gitlabUrl: string,
  env: Record<string, string> = {},
): Promise<MeasuredGateway> {
  const child = spawn(process.execPath, ['dist/cli.js'], {
    env: { PATH: process.env['PATH'], GITLAB_URL: gitlabUrl, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /http:\S+(?=\/graphql)/.exec(line)?.[0];
      if (found) resolve(found);
    });
  });
  let peak = 0;
  const read = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024) / 1e6;
  };
  const timer = setInterval(() => {
    peak = Math.max(peak, read());
  }, 5);
  timer.unref();
  return {
    url,
    memory() {
      const now = read();
      const most = Math.max(peak, now);
      peak = now;
      return { now, peak: most };
    },
    stop() {
      clearInterval(timer);
      child.kill('SIGTERM');
    },
  };
}
