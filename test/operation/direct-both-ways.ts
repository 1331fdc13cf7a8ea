import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { type Started, type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { createMemoryLog, type LogLine, type MemoryLog } from '../http/memory-log.ts';

/** A gateway of each kind, in front of a GitLab of its own; both GitLabs are the same in all they say. */
export interface BothWays {
  short: Way;
  general: Way;
}

/** One of the two. */
export interface Way extends Started {
  log: MemoryLog;
}

const EXTERNAL = 'https://gitlab.example.com';

async function startWay(options: StartOptions, compiledExecution: boolean): Promise<Way> {
  const log = createMemoryLog();
  const started = await startGateway({
    ...options,
    simulator: { world: smallWorld(), externalUrl: EXTERNAL, ...options.simulator },
    logger: log.logger,
    config: { gitlabExternalUrl: EXTERNAL, ...options.config, compiledExecution },
  });
  return { ...started, log };
}

/** Starts both; `options` is asked twice, so that each has a world of its own. */
export async function startBothWays(options: () => StartOptions = () => ({})): Promise<BothWays> {
  return {
    short: await startWay(options(), true),
    general: await startWay(options(), false),
  };
}

/** A request as it goes over the wire. */
export interface Sent {
  method?: string;
  path?: string;
  /** Beside the host, the token and the length; a name may come twice. */
  headers?: readonly (readonly [string, string])[];
  /** JSON is made of what is no text or bytes. */
  body?: unknown;
  /** Sent as PRIVATE-TOKEN; null for no credential. @default Alice's */
  token?: string | null;
  /** The type of the body; null for none. @default JSON */
  type?: string | null;
  /** Whether the length is told before; otherwise the body comes in chunks. @default true */
  hasLength?: boolean;
}

/** What came back, and what was told to others. */
export interface Seen {
  status: number;
  /** By name, in order of names; a day and a made-up id are left out. */
  headers: string[];
  body: string;
  calls: string[];
  log: Partial<LogLine>[];
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? ''));
}

/** The bytes of a request, after which the server ends the connection. */
export function toBytes(sent: Sent): Buffer {
  const { method = 'POST', path = '/graphql', headers = [], token = tokens.alice } = sent;
  const { type = 'application/json', hasLength = true } = sent;
  const body = sent.body === undefined ? undefined : bytesOf(sent.body);
  const given: (readonly [string, string])[] = [
    ...(headers.some(([name]) => name === 'host') ? [] : [['host', 'gateway.example'] as const]),
    ...(headers.some(([name]) => name === 'connection') ? [] : [['connection', 'close'] as const]),
    ...(token === null ? [] : [['private-token', token] as const]),
    ...(type === null || !body ? [] : [['content-type', type] as const]),
    ...headers,
  ];
  if (body) {
    given.push(hasLength ? ['content-length', `${body.length}`] : ['transfer-encoding', 'chunked']);
  }
  const head = [`${method} ${path} HTTP/1.1`, ...given.map(([name, value]) => `${name}: ${value}`)];
  const chunks = body && !hasLength ? toChunks(body) : (body ?? Buffer.alloc(0));
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), chunks]);
}

function toChunks(body: Buffer): Buffer {
  const half = Math.ceil(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  const chunks = parts.flatMap((part) => [
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

/** Sends bytes and waits for the end of the connection; what came back is text. */
export async function exchange(url: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const parts: Buffer[] = [];
  socket
    .on('error', () => {})
    .on('data', (part) => {
      parts.push(part);
      // A stream's connection is kept for a while.
      if (String(Buffer.concat(parts)).endsWith('\r\n0\r\n\r\n')) socket.destroy();
    });
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(parts).toString();
}

/** What two answers may differ in. */
const own = /^(date:|x-request-id: [0-9a-f-]{36}$)/i;

/** Takes an answer apart. */
export function parseAnswer(text: string): Pick<Seen, 'status' | 'headers' | 'body'> {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...headers] = head.split('\r\n');
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: headers
      .map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase())) //
      .map((line) => (own.test(line) ? line.replace(/:.*/, ': …') : line))
      .sort(),
    body: rest.join('\r\n\r\n'),
  };
}

/** Log lines without what differs from run to run. */
export function linesOf({ log }: Way): Partial<LogLine>[] {
  return log
    .lines()
    .map(({ time: _time, durationMs: _ms, execution: _way, requestId, ...line }) => ({
      ...line,
      requestId: /^[0-9a-f-]{36}$/.test(String(requestId)) ? '…' : requestId,
    }));
}

async function ask(way: Way, sent: Sent): Promise<Seen> {
  const before = way.log.lines().length;
  const answer = parseAnswer(await exchange(way.url, toBytes(sent)));
  return { ...answer, calls: way.calls(), log: linesOf(way).slice(before) };
}

/** Asks both the same, and expects that nobody can tell which is which. Gives what they said. */
export async function askBoth({ short, general }: BothWays, sent: Sent): Promise<Seen> {
  const [one, other] = [await ask(short, sent), await ask(general, sent)];
  expect(one).toEqual(other);
  return one;
}

const byText = (one: unknown, other: unknown) =>
  JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;

/** What is known of answers of GitLab that an operation may not wait for, since nobody asks for them any more. */
const late = { notModified: 0, gitlabRequestIds: [] };

/** The same without the order of what happens side by side. */
function unordered({ body, calls, log, ...rest }: Seen) {
  const {
    errors = [],
    extensions,
    ...answer
  } = JSON.parse(body) as {
    errors?: unknown[];
    extensions?: { upstream?: object };
  };
  const upstream = { ...extensions?.upstream, notModified: 0 };
  return {
    ...rest,
    body: { ...answer, upstream, errors: errors.toSorted(byText) },
    calls: calls.toSorted(),
    log: log.map((line) => ({
      ...line,
      errors: (line['errors'] as string[] | undefined)?.toSorted(),
      ...late,
    })),
  };
}

/**
 * The same for operations that do much at once. The general executor has fields in the order in which
 * they came to be; the short way in that of the document, as the specification says.
 */
export async function askBothInAnyOrder({ short, general }: BothWays, sent: Sent): Promise<Seen> {
  const [one, other] = [await ask(short, sent), await ask(general, sent)];
  expect(unordered(one)).toEqual(unordered(other));
  return one;
}

/** Expects equal metrics, except for how operations were executed and how long things took. */
export async function expectSameMetrics({ short, general }: BothWays): Promise<void> {
  const read = async ({ url }: Way) => {
    const sums = new Map<string, number>();
    for (const line of (await (await fetch(`${url}/metrics`)).text()).split('\n')) {
      if (!/^gateway_/.test(line) || /_seconds_(sum|bucket)/.test(line)) continue;
      const [name = '', value] = line.replace(/,execution="\w*",reason="\w*"/, '').split(' ');
      sums.set(name, (sums.get(name) ?? 0) + Number(value));
    }
    return Object.fromEntries(sums);
  };
  const [one, other] = await Promise.all([read(short), read(general)]);
  expect(one).toEqual(other);
  expect(Object.keys(one).length).toBeGreaterThan(3);
}
