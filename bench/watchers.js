/*
 * Opens many SSE subscriptions, which stay open, and counts their events. Uses plain sockets, which cost
 * little. It is a separate process, so that its CPU time is not counted for the measured program.
 */
import { connect } from 'node:net';

/** Maximum subscriptions that wait for their first event at the same time. */
const CONCURRENT_OPENS = 20;
/**
 * After this time in ms without events, the next event belongs to a new change, because the gateway polls at
 * longer intervals than this.
 */
const PAUSE_MS = 50;
const EVENT_START = Buffer.from('event: next');

/** Number of events received, by connection. */
let events = [];
/** The times in ms at which the latest change reached the first and the last connection. */
let wave = { first: 0, last: 0 };

/** Counts events of a connection. The first event after a pause of `PAUSE_MS` starts a new wave (a change). */
function countEvents(index, count) {
  if (count === 0) return;
  events[index] += count;
  const now = performance.now();
  if (now - wave.last > PAUSE_MS) wave = { first: now, last: now };
  wave.last = now;
}

function countIn(chunk) {
  let count = 0;
  for (let at = chunk.indexOf(EVENT_START); at >= 0; at = chunk.indexOf(EVENT_START, at + 1))
    count += 1;
  return count;
}

/** Opens a subscription. Resolves at its first event. */
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
      countEvents(index, countIn(chunk));
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
  await Promise.all(Array.from({ length: CONCURRENT_OPENS }, worker));
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
