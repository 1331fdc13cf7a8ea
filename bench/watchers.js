/*
 * Subscribers over SSE, many at once: each a bare connection on which events are counted. In a process of
 * its own, so that its work is nobody else's.
 */
import { connect } from 'node:net';

/** Subscriptions that are being opened at once. */
const OPENING = 20;
/** Between two changes there is a longer one. */
const PAUSE_MS = 50;
const MARK = Buffer.from('event: next');

/** Events that each connection has got. */
let events = [];
/** When the last event came to the first and to the last of them, in ms. */
let wave = { first: 0, last: 0 };

/** Events come in waves: after a pause another one has begun. */
function take(index, count) {
  if (count === 0) return;
  events[index] += count;
  const now = performance.now();
  if (now - wave.last > PAUSE_MS) wave = { first: now, last: now };
  wave.last = now;
}

function countIn(chunk) {
  let count = 0;
  for (let at = chunk.indexOf(MARK); at >= 0; at = chunk.indexOf(MARK, at + 1)) count += 1;
  return count;
}

/** Opens one; resolves with its first event. */
function subscribe({ origin, body, token }, index) {
  events[index] = 0;
  return new Promise((resolve, reject) => {
    const { host, hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    const headers = [
      'POST /graphql HTTP/1.1',
      `Host: ${host}`,
      'Content-Type: application/json',
      'Accept: text/event-stream',
      `Private-Token: ${token}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.write(`${headers.join('\r\n')}\r\n\r\n${body}`);
    socket.on('data', (chunk) => {
      take(index, countIn(chunk));
      if (events[index] > 0) resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('a subscription was closed')));
  });
}

async function open({ count, ...work }) {
  events = [];
  const indexes = Array.from({ length: count }, (_, index) => index).values();
  const worker = async () => {
    for (const index of indexes) await subscribe(work, index);
  };
  await Promise.all(Array.from({ length: OPENING }, worker));
}

process.on('message', async ({ count, ...work }) => {
  try {
    if (count) await open({ count, ...work });
    const all = events.reduce((sum, one) => sum + one, 0);
    const spreadMs = wave.last - wave.first;
    process.send({ all, spreadMs, least: Math.min(...events), most: Math.max(...events) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
