import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { WebSocket } from 'ws';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { type GitlabOptions, KNOWN_TOKEN, type Target } from './target.ts';

/*
 * Everything that a sender without a credential controls, with its bound. docs/security.md has a
 * table of these inputs. inputs.test.ts compares that table with this list, and inputs.slow.ts
 * attacks the program with each input.
 */

/** An input with its bound. `input` and `bound` are the texts in docs/security.md. */
export interface Input {
  readonly input: string;
  readonly bound: string;
  readonly env?: Record<string, string>;
  readonly gitlab?: GitlabOptions;
  /**
   * Sends more than the bound or, if that takes too long, much of the input. Returns what the
   * sender observes, such as a status; it must equal `outcome`.
   */
  attack(target: Target): Promise<unknown>;
  readonly outcome: unknown;
}

const many = <T>(count: number, item: (at: number) => T) =>
  Array.from({ length: count }, (_, at) => item(at));
const fields = (count: number, field: string) => many(count, (at) => `a${at}: ${field}`).join(' ');

const JOB = '{ job(project: "42", id: "1") { name } }';
const TOO_COMPLEX = '200 OPERATION_TOO_COMPLEX';
const BAD_INPUT = '200 BAD_USER_INPUT';
const head = (line: string, ...headers: string[]) =>
  `${[line, 'host: 127.0.0.1', 'content-type: application/json', ...headers].join('\r\n')}\r\n\r\n`;

/** Resolves when a socket accepts more data, is closed, or has accepted nothing for 500 ms. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      socket.off('drain', end).off('close', end);
      resolve();
    };
    const timer = setTimeout(end, 500);
    socket.on('drain', end).on('close', end);
  });
}

/**
 * Opens a connection. Writes `first`, and then `piece` at most `pieces` times, as fast as the
 * connection accepts them, for at most 10 s. Then waits `waitMs`. Returns the socket and the status
 * of the response.
 */
async function flood(target: Target, first: string, piece: string, pieces: number, waitMs = 200) {
  const socket = target.connect();
  let received = '';
  socket.on('data', (part) => {
    received = (received + String(part)).slice(0, 20);
  });
  socket.write(first);
  const end = Date.now() + 10_000;
  for (let at = 0; at < pieces && !socket.destroyed && Date.now() < end; at += 1) {
    if (socket.write(piece)) continue;
    await drained(socket);
  }
  await sleep(waitMs);
  return { socket, status: received.split(' ')[1] };
}

/**
 * Opens a WebSocket and calls `send`. Returns the close code with which the gateway closes the
 * socket.
 */
async function closedBy(target: Target, send: (socket: WebSocket) => unknown): Promise<string> {
  const socket = await target.webSocket();
  const closed = once(socket, 'close');
  await send(socket);
  const [code] = (await closed) as [number];
  return String(code);
}

const init = (token: string) =>
  JSON.stringify({ type: 'connection_init', payload: { 'private-token': token } });
const subscribe = (id: number, query: string) =>
  JSON.stringify({ id: String(id), type: 'subscribe', payload: { query } });

async function acknowledged(target: Target, token = KNOWN_TOKEN): Promise<WebSocket> {
  const socket = await target.webSocket();
  const answer = once(socket, 'message');
  socket.send(init(token));
  await answer;
  return socket;
}

/** Runs `count` tasks, 64 at a time. */
async function inParallel(count: number, task: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let at = next++; at < count; at = next++) await task(at);
  };
  await Promise.all(many(64, work));
}

const requests: readonly Input[] = [
  {
    input: 'headers',
    bound: '16 KiB, within 20 s',
    attack: async (target) =>
      (await flood(target, 'GET /health HTTP/1.1\r\n', `x: ${'x'.repeat(1_000)}\r\n`, 40)).status,
    outcome: '431',
  },
  {
    input: 'a body',
    bound: '`MAX_BODY_BYTES` (1 MiB), 8 MiB for webhooks, within 60 s',
    attack: (target) => target.post(`{"query":"${'x'.repeat(2_000_000)}"}`),
    outcome: '413 REQUEST_ENTITY_TOO_LARGE',
  },
  {
    input: 'a body in small chunks',
    bound:
      'memory of about its length; a body of more than 1,000 chunks is refused if they have less than 64 bytes on average',
    async attack(target) {
      const start = head('POST /graphql HTTP/1.1', 'transfer-encoding: chunked');
      const bodies = many(4, () => flood(target, start, '1\r\nx\r\n'.repeat(10_000), 90));
      return (await Promise.all(bodies)).map(({ status }) => status);
    },
    outcome: ['400', '400', '400', '400'],
  },
  {
    input: 'a body that no route reads',
    bound: 'dropped as it arrives, with the limit of small chunks',
    async attack(target) {
      const start = head('GET /health HTTP/1.1', 'transfer-encoding: chunked');
      const bodies = many(4, () => flood(target, start, '1\r\nx\r\n'.repeat(10_000), 90));
      return (await Promise.all(bodies)).every(({ socket }) => socket.destroyed);
    },
    outcome: true,
  },
  {
    input: 'a compressed body',
    bound: 'refused',
    attack: (target) => target.post('x', { 'content-encoding': 'gzip' }),
    outcome: '415 BAD_REQUEST',
  },
  {
    input: 'bodies of all connections',
    bound: '64 MiB; above that, the largest is refused',
    async attack(target) {
      const start = head('POST /graphql HTTP/1.1', 'content-length: 1048576');
      let refused = 0;
      for (let at = 0; at < 100; at += 1) {
        const { socket } = await flood(target, start, 'x'.repeat(100_000), 10, 0);
        socket.on('data', (part) => {
          refused += String(part).startsWith('HTTP/1.1 503') ? 1 : 0;
        });
      }
      while (refused < 30) await sleep(50);
      return 'refused';
    },
    outcome: 'refused',
  },
  {
    input: 'values in JSON',
    bound: '50,000',
    attack: (target) =>
      target.post({
        query: '{ __typename }',
        variables: Object.fromEntries(many(90_000, (at) => [`k${at}`, 1])),
      }),
    outcome: '413 BAD_REQUEST',
  },
  {
    input: 'pipelined requests',
    bound: '64 KiB of requests wait on one connection, 5,000 requests on all connections together',
    gitlab: { delayMs: 20_000 },
    async attack(target) {
      const body = JSON.stringify({ query: JOB });
      const first = head('POST /graphql HTTP/1.1', `content-length: ${body.length}`) + body;
      const health = head('GET /health HTTP/1.1').repeat(1_000);
      const { socket } = await flood(target, first, health, 500);
      return socket.writableLength > 100_000;
    },
    outcome: true,
  },
  {
    input: 'connections',
    bound: '20,000; above that, idle and silent ones are closed',
    async attack(target) {
      const sockets = many(2_000, () => target.connect());
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      return target.post({ query: '{ __typename }' });
    },
    outcome: '200 data',
  },
  {
    input: 'running operations',
    bound:
      '4,000 in total; 2,000 with one credential; 2,000 with unknown credentials, all together',
    gitlab: { delayMs: 20_000 },
    async attack(target) {
      await target.post({ query: JOB }, { 'private-token': KNOWN_TOKEN });
      const body = JSON.stringify({ query: JOB });
      let refused = 0;
      for (let at = 0; refused === 0; at += 1) {
        const socket = target.connect();
        const headers = [`private-token: made-up-${at}`, `content-length: ${body.length}`];
        socket.write(head('POST /graphql HTTP/1.1', ...headers) + body);
        socket.on('data', (part) => {
          refused += String(part).startsWith('HTTP/1.1 503') ? at : 0;
        });
        if (at % 20 === 0) await sleep(20);
      }
      return [refused > 1_900, await target.post({ query: JOB }, { 'private-token': KNOWN_TOKEN })];
    },
    outcome: [true, '200 data'],
  },
];

const operations: readonly Input[] = [
  {
    input: 'a document',
    bound: 'its size, as `MAX_TOKENS`, `MAX_FIELDS`, `MAX_DEPTH` and others say',
    attack: (target) =>
      Promise.all([
        target.post({ query: `{ ${fields(20_000, '__typename')} }` }),
        target.post({
          query: `{ ${'...F '.repeat(3_000)} } fragment F on Query { ${fields(4_000, '__typename')} }`,
        }),
      ]),
    outcome: [TOO_COMPLEX, TOO_COMPLEX],
  },
  {
    input: 'a text',
    bound: '65,536 characters',
    attack: (target) =>
      target.post({
        query: `query ($id: ID!) { ${fields(50, 'node(id: $id) { id }')} }`,
        variables: { id: 'x'.repeat(1_000_000) },
      }),
    outcome: TOO_COMPLEX,
  },
  {
    input: 'a list or an object in variables',
    bound: '`MAX_LIST_ITEMS` (1,000) items or members, 50 levels',
    attack: (target) =>
      target.post({
        query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
        variables: { ids: many(40_000, () => 'x') },
      }),
    outcome: TOO_COMPLEX,
  },
  {
    input: 'the lists of all arguments',
    bound: '5 × `MAX_LIST_ITEMS`, counted for each field that receives a variable',
    attack: (target) =>
      target.post({
        query: `query ($ids: [ID!]!) { ${fields(50, 'nodes(ids: $ids) { id }')} }`,
        variables: { ids: many(500, (at) => toGlobalId('Job', 42, at)) },
      }),
    outcome: TOO_COMPLEX,
  },
  {
    input: 'malformed ids, paths and addresses',
    bound: '500 in an operation',
    attack: (target) =>
      target.post({
        query: `query ($ids: [ID!]!) { ${fields(10, 'nodes(ids: $ids) { id }')} }`,
        variables: { ids: many(500, () => 'x') },
      }),
    outcome: BAD_INPUT,
  },
  {
    input: 'references of a router',
    bound: '`FEDERATION_MAX_REFERENCES` (1,000); only the members of a key are read',
    env: { FEDERATION: 'true' },
    attack: (target) =>
      target.post({
        query: `query ($r: [_Any!]!) { ${fields(50, '_entities(representations: $r) { __typename }')} }`,
        variables: { r: many(100, () => 'x'.repeat(10_000)) },
      }),
    outcome: BAD_INPUT,
  },
  {
    input: 'an id, a project path, an address, a cursor, a ref',
    bound: '2,048 characters; 1,024 for paths, 1,024 bytes for refs, 200 for cursors',
    attack: (target) =>
      target.post({
        query:
          'query ($ref: String!) { project(fullPath: "a/b") { jobs(ref: $ref) { nodes { id } } } }',
        variables: { ref: 'x'.repeat(12_000) },
      }),
    outcome: BAD_INPUT,
  },
  {
    input: 'a token',
    bound: '4,096 characters',
    attack: (target) => target.post({ query: JOB }, { 'private-token': 'x'.repeat(8_000) }),
    outcome: '200 UNAUTHENTICATED',
  },
];

const webSockets: readonly Input[] = [
  {
    input: 'the first message of a WebSocket',
    bound: '16 KiB, within 3 s',
    attack: (target) => closedBy(target, (socket) => socket.send(init('x'.repeat(900_000)))),
    outcome: '4400',
  },
  {
    input: 'a message of a WebSocket',
    bound: '`MAX_BODY_BYTES` (1 MiB), 1,024 frames, 8,192 packets',
    attack: (target) =>
      Promise.all([
        closedBy(target, (socket) => socket.send('x'.repeat(2_000_000))),
        closedBy(target, (socket) => {
          for (let at = 0; at < 1_100; at += 1) socket.send('x', { fin: false });
        }),
      ]),
    outcome: ['1009', '1008'],
  },
  {
    input: 'operations of a WebSocket',
    bound:
      '500 at the same time, 500 that wait until an earlier operation with the same id has ended',
    gitlab: { delayMs: 20_000 },
    async attack(target) {
      const socket = await acknowledged(target, 'made-up');
      let refused = 0;
      socket.on('message', () => {
        refused += 1;
      });
      for (let id = 0; id < 20_000; id += 1) socket.send(subscribe(id, JOB));
      while (refused < 19_500) await sleep(50);
      return refused;
    },
    outcome: 19_500,
  },
  {
    input: 'events that a WebSocket client does not read',
    bound: '64 KiB and one event; then nothing more is read or rendered',
    async attack(target) {
      const socket = await acknowledged(target);
      socket.pause();
      const id = toGlobalId('Job', 42, 1);
      const query = `subscription { jobTraceAppended(id: "${id}") { text endByte } }`;
      for (let at = 0; at < 500; at += 1) socket.send(subscribe(at, query));
      await sleep(5_000);
      return socket.readyState === socket.OPEN;
    },
    outcome: true,
  },
  {
    input: 'pings and messages of a WebSocket',
    bound: 'read one after the other; none is read while 64 KiB of answers are unread',
    async attack(target) {
      const socket = await acknowledged(target);
      socket.pause();
      for (let at = 0; at < 100_000; at += 1) {
        socket.ping('x'.repeat(100));
        socket.send('{"type":"ping"}');
        if (at % 1_000 === 0) await sleep(1);
      }
      return target.isRunning();
    },
    outcome: true,
  },
];

const callers: readonly Input[] = [
  {
    input: 'made-up tokens',
    bound:
      'all together a part of each limit; they can evict entries of the caches that all callers share, but no other state of known credentials (see below)',
    async attack(target) {
      const known = () => target.post({ query: JOB }, { 'private-token': KNOWN_TOKEN });
      await known();
      const pool = new Pool(`http://127.0.0.1:${target.port}`, { connections: 64 });
      const body = JSON.stringify({ query: JOB });
      await inParallel(95_000, async (at) => {
        const headers = { 'content-type': 'application/json', 'private-token': `made-up-${at}` };
        const response = await pool.request({ path: '/graphql', method: 'POST', headers, body });
        await response.body.dump();
      });
      await pool.close();
      await inParallel(5_000, async (at) => {
        const socket = await acknowledged(target, `another-${at}`);
        const answered = once(socket, 'message');
        socket.send(subscribe(1, JOB));
        await answered;
        socket.terminate();
      });
      return known();
    },
    outcome: '200 data',
  },
];

export const inputs: readonly Input[] = [...requests, ...operations, ...webSockets, ...callers];
