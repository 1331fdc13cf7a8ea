/*
 * The load generator. It sends the given operations in turn, for `ms` milliseconds. Without a
 * `rate`, it has concurrent callers: each sends its next operation when the previous operation is
 * answered. With a `rate`, it sends that many operations per second, even if earlier operations are
 * not yet answered. With `mayFail`, it counts operations that fail, instead of failing itself.
 *
 * The driver is a separate process, so that its CPU time is not counted for the measured program.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/**
 * Default number of tokens in rotation. It is greater than the number of concurrent callers, so
 * that no two running operations share a token.
 */
const TOKENS = 64;
/** Maximum connections of a caller, as in browsers. Only an operation of several requests uses more than one. */
const CONNECTIONS = 6;
/** In ms. Other programs may stop a subject for many seconds, which is no failure of the subject. */
const CONNECT_TIMEOUT = 60_000;

/**
 * Connection pools by origin. `callerPools` has one pool for each caller. `ratePools` has one pool
 * for all operations at a constant rate.
 */
const callerPools = new Map();
const ratePools = new Map();
let serial = 0;

/**
 * In ms. The driver closes an idle connection after this time, before the subject closes it. A
 * request that the driver sends while the subject closes the connection would be lost.
 */
const KEEP_ALIVE = 1_000;

const openPool = (origin, connections = null) =>
  new Pool(origin, {
    connections,
    connectTimeout: CONNECT_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE,
    keepAliveMaxTimeout: KEEP_ALIVE,
  });

async function send(pool, { method, path, body, bytes, headers: own }, token) {
  const headers = { 'private-token': token, ...own };
  const answer = await pool.request({ method, path, body, headers });
  const { byteLength } = await answer.body.arrayBuffer();
  if (answer.statusCode !== 200 || byteLength !== bytes) {
    throw new Error(`${path}: ${answer.statusCode}, ${byteLength} bytes instead of ${bytes}`);
  }
}

/**
 * Sends the next operation, which has one or more requests. Returns its duration in ms. If `tokens` divides
 * the number of operations, each operation always has the same token.
 */
async function sendOperation(pool, { operations, caller, tokens = TOKENS }) {
  const token = `${caller}-${serial % tokens}`;
  const requests = operations[serial % operations.length];
  serial += 1;
  const start = performance.now();
  await Promise.all(requests.map((request) => send(pool, request, token)));
  return performance.now() - start;
}

/** Sends operations one after the other until a time. Returns their durations in ms. */
async function runCaller(pool, work, until) {
  const took = [];
  do took.push(await sendOperation(pool, work));
  while (performance.now() < until);
  return took;
}

/**
 * Sends operations at a constant rate. Returns the durations in ms of those that succeeded, and the
 * number of those that `failed`.
 */
async function loadAtRate({ origin, rate, ms, mayFail, ...work }) {
  if (!ratePools.has(origin)) ratePools.set(origin, openPool(origin));
  const start = performance.now();
  const running = [];
  for (let due = start; due < start + ms; due += 1000 / rate) {
    await sleep(due - performance.now());
    const operation = sendOperation(ratePools.get(origin), work);
    operation.catch(() => {});
    running.push(operation);
  }
  if (!mayFail) return { took: await Promise.all(running), failed: 0 };
  const results = await Promise.allSettled(running);
  const took = results.flatMap(({ status, value }) => (status === 'fulfilled' ? [value] : []));
  return { took, failed: results.length - took.length };
}

async function loadWithCallers({ origin, concurrency, ms, ...work }) {
  const own = callerPools.get(origin) ?? [];
  while (own.length < concurrency) own.push(openPool(origin, CONNECTIONS));
  callerPools.set(origin, own);
  const until = performance.now() + ms;
  const callers = own.slice(0, concurrency);
  const took = await Promise.all(callers.map((pool) => runCaller(pool, work, until)));
  return { took: took.flat(), failed: 0 };
}

process.on('message', async (work) => {
  try {
    process.send(await (work.rate ? loadAtRate(work) : loadWithCallers(work)));
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
