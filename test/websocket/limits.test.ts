import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { sequenceById, TooManyMessagesError } from '../../src/websocket/connection.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { addressOf } from './web-socket.ts';

interface Message {
  id?: string;
  type: string;
  payload?: unknown;
}

/**
 * Opens a WebSocket to a new gateway. `send` sends a message. `messages` has all received messages.
 */
async function open(payload: Record<string, unknown> = { 'private-token': tokens.alice }) {
  const gateway = await startGateway({ simulator: { world: smallWorld() } });
  const socket = new WebSocket(addressOf(gateway), 'graphql-transport-ws');
  onTestFinished(() => socket.terminate());
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)]);
  await once(socket, 'open');
  const send = (message: Message) => socket.send(JSON.stringify(message));
  send({ type: 'connection_init', payload });
  return { gateway, socket, send, messages, closed };
}

const query = `{ job(project: "42", id: "${small.fullJob}") { name } }`;
const subscribe = (id: number | string): Message => ({
  id: String(id),
  type: 'subscribe',
  payload: { query },
});

it('a connection runs 500 operations at the same time, and refuses each further one', async () => {
  const { gateway, send, messages, socket } = await open();
  gateway.simulator.fail({ kind: 'hang', times: Number.POSITIVE_INFINITY });
  for (let id = 0; id <= 500; id += 1) send(subscribe(id));
  await expect
    .poll(() => messages.filter(({ type }) => type === 'error'))
    .toEqual([
      {
        id: '500',
        type: 'error',
        payload: [
          {
            message: 'A connection runs at most 500 operations at the same time.',
            extensions: { code: 'RATE_LIMITED', retryAfter: null },
          },
        ],
      },
    ]);
  send({ id: '0', type: 'complete' });
  send({ id: 'next', type: 'subscribe', payload: { query: '{ __typename }' } });
  await expect.poll(() => messages.at(-1)).toEqual({ id: 'next', type: 'complete' });
  expect(socket.readyState).toBe(WebSocket.OPEN);
  expect(gateway.bugs).toEqual([]);
});

it('at most 500 operations wait for others with the same id', async () => {
  const endless = new Promise<void>(() => {});
  const pass = sequenceById(
    () => endless,
    () => {},
  );
  const given = ['subscribe', 'complete'].map((type) => JSON.stringify({ id: 'a', type }));
  let failure: unknown;
  for (let time = 0; time <= 501; time += 1) {
    for (const text of given) pass(text).catch((error: unknown) => (failure ??= [time, error]));
  }
  await expect.poll(() => failure).toEqual([501, expect.any(TooManyMessagesError)]);
});

it('a connection is closed if its first message is longer than the headers of a request', async () => {
  const { gateway, closed } = await open({ 'private-token': 'x'.repeat(17_000) });
  expect(await closed).toEqual([4400, 'connection_init has more than 16384 bytes']);
  expect(gateway.calls()).toEqual([]);
});

it('an operation with a token that is longer than any is refused before a call', async () => {
  const { gateway, send, messages } = await open({ 'private-token': 'x'.repeat(4_097) });
  send(subscribe(1));
  await expect
    .poll(() => messages.at(-1))
    .toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  expect(gateway.calls()).toEqual([]);
});

it('a connection is closed if a message has very many values', async () => {
  const { send, closed } = await open();
  send({
    ...subscribe(1),
    payload: { query, variables: { a: Array.from({ length: 60_000 }, () => 1) } },
  });
  expect(await closed).toEqual([4400, 'A message has more than 50000 JSON values']);
});
