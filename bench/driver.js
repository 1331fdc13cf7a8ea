/*
 * The load: some callers at once, each asking again as soon as it is answered, for a given time. In a
 * process of its own, so that its work is nobody else's.
 */
import { Pool } from 'undici';

/** Tokens in rotation, more than callers at once: no two operations under way share a token. */
const TOKENS = 64;
/** Like a browser. Only an operation of several requests needs more than one. */
const CONNECTIONS = 6;

const pools = new Map();
let serial = 0;

async function ask(pool, { method, path, body, bytes }, token) {
  const headers = { 'private-token': token };
  if (body) headers['content-type'] = 'application/json';
  const answer = await pool.request({ method, path, body, headers });
  const { byteLength } = await answer.body.arrayBuffer();
  if (answer.statusCode !== 200 || byteLength !== bytes) {
    throw new Error(`${path}: ${answer.statusCode}, ${byteLength} bytes instead of ${bytes}`);
  }
}

/** One caller; notes how long each of its operations took, in ms. */
async function call(pool, { requests, caller }, until) {
  const took = [];
  do {
    const token = `${caller}-${serial++ % TOKENS}`;
    const start = performance.now();
    await Promise.all(requests.map((request) => ask(pool, request, token)));
    took.push(performance.now() - start);
  } while (performance.now() < until);
  return took;
}

async function load({ origin, concurrency, ms, ...work }) {
  if (!pools.has(origin)) {
    const open = () => new Pool(origin, { connections: CONNECTIONS });
    pools.set(origin, Array.from({ length: concurrency }, open));
  }
  const until = performance.now() + ms;
  const took = await Promise.all(pools.get(origin).map((pool) => call(pool, work, until)));
  return took.flat();
}

process.on('message', async (work) => {
  try {
    process.send({ took: await load(work) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
