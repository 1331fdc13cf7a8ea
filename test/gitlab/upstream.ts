import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { GitlabDeps } from '../../src/gitlab/bind-caller.ts';
import { createGitlab, type Gitlab } from '../../src/gitlab/client.ts';
import { type Credential, readCredential } from '../../src/gitlab/credential.ts';
import { endpoint } from '../../src/gitlab/endpoint.ts';
import type { Call } from '../../src/gitlab/request.ts';
import { createTransport, type TransportOptions } from '../../src/gitlab/transport/transport.ts';
import type { Clock } from '../../src/util/clock.ts';

export type Handler = (
  request: IncomingMessage & { text: string },
  response: ServerResponse,
) => void | Promise<void>;

/** A fake GitLab with one handler for all requests. `log` has "METHOD path?query" of each one. */
export interface Upstream {
  url: string;
  log: string[];
  requests: (IncomingMessage & { text: string })[];
  close(): Promise<void>;
}

export async function startUpstream(handler: Handler): Promise<Upstream> {
  const upstream: Upstream = { url: '', log: [], requests: [], close: async () => {} };
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = Object.assign(incoming, { text: Buffer.concat(chunks).toString() });
    upstream.log.push(`${request.method} ${request.url}`);
    upstream.requests.push(request);
    await handler(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  upstream.close = async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  };
  onTestFinished(upstream.close);
  return upstream;
}

/** Sends a JSON response, by default with status 200. */
export function sendJson(
  response: ServerResponse,
  body: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): void {
  response.writeHead(options.status ?? 200, {
    'content-type': 'application/json',
    ...options.headers,
  });
  response.end(JSON.stringify(body));
}

/** Returns the row of a job with only the required members. */
export function aJob(id: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, status: 'success', name: 'test', pipeline: { id: 9, project_id: 42 }, ...more };
}

/** Returns a credential that consists of one header. */
export function tokenOf(value: string, name = 'private-token'): Credential {
  return readCredential((asked) => (asked === name ? value : undefined));
}

/**
 * Creates a transport that is closed when the test ends. `as` returns the client of a credential.
 */
export function connect(url: string, options: Partial<TransportOptions> = {}) {
  const transport = createTransport({ baseUrl: url, ...options });
  onTestFinished(() => transport.close());
  const as = (
    credential: Credential,
    deps: Partial<Omit<GitlabDeps, 'transport' | 'credential'>> = {},
  ): Gitlab => createGitlab({ transport, credential, ...deps });
  return { transport, as, gitlab: as(tokenOf('glpat-caller-0001')) };
}

/** Starts a GitLab with one handler, and creates a transport to it. */
export async function serve(handler: Handler) {
  const upstream = await startUpstream(handler);
  return { upstream, ...connect(upstream.url) };
}

/** Returns a call as the layers of the transport receive it. */
export function aCall(more: Partial<Call> = {}): Call {
  return {
    method: 'GET',
    endpoint: endpoint`/job`,
    query: '',
    credential: tokenOf('x'),
    read: () => () => undefined,
    signal: new AbortController().signal,
    deadlineAt: 0,
    progress: { sent: false },
    ...more,
  };
}

/**
 * Creates a clock that advances only on `advance`. Waits of at most `skip` ms end immediately and
 * advance the clock; longer waits, such as timeouts, do not.
 */
export function createTestClock(skip = 0) {
  const start = Date.parse('2026-11-22T12:00:00Z');
  const timers = new Set<{ at: number; run: () => void }>();
  const waits: number[] = [];
  let now = start;
  const advance = (ms: number): void => {
    now += ms;
    for (const timer of timers) {
      if (timer.at > now) continue;
      timers.delete(timer);
      timer.run();
    }
  };
  const clock: Clock = {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, run: callback };
      timers.add(timer);
      if (ms <= skip) {
        waits.push(ms);
        setImmediate(() => {
          if (timers.has(timer)) advance(Math.max(0, timer.at - now));
        });
      }
      return () => timers.delete(timer);
    },
  };
  return { clock, waits, advance, timers, now: () => now };
}

/** Resolves when `check` returns true. Checks once per iteration of the event loop. */
export async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise(setImmediate);
}
