/*
 * The load: concurrent callers that each send an operation as soon as the previous one is answered, for a
 * given time; or, with a `rate`, that many operations per second, whether or not earlier ones are answered.
 * Operations are sent in turn. A separate process, so that its CPU time counts for no subject.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/** Tokens in rotation where none are given, more than callers at once: no two operations under way share one. */
const TOKENS = 64;
/** Like a browser. Only an operation of several requests needs more than one. */
const CONNECTIONS = 6;

/** Connections by origin: of the callers, and of those who come at a rate. */
const pools = new Map();
const crowds = new Map();
let serial = 0;

async function ask(pool, { method, path, body, bytes, headers: own }, token) {
  const headers = { 'private-token': token, ...own };
  const answer = await pool.request({ method, path, body, headers });
  const { byteLength } = await answer.body.arrayBuffer();
  if (answer.statusCode !== 200 || byteLength !== bytes) {
    throw new Error(`${path}: ${answer.statusCode}, ${byteLength} bytes instead of ${bytes}`);
  }
}

/**
 * Sends the next operation, which is one or several requests. Returns how long it took, in ms. If `tokens`
 * divides the number of operations, each operation is always sent with the same token.
 */
async function operate(pool, { operations, caller, tokens = TOKENS }) {
  const token = `${caller}-${serial % tokens}`;
  const requests = operations[serial % operations.length];
  serial += 1;
  const start = performance.now();
  await Promise.all(requests.map((request) => ask(pool, request, token)));
  return performance.now() - start;
}

/** One caller; how long each of its operations took. */
async function call(pool, work, until) {
  const took = [];
  do took.push(await operate(pool, work));
  while (performance.now() < until);
  return took;
}

/** Callers at a constant rate; how long each of their operations took. */
async function arrive({ origin, rate, ms, ...work }) {
  if (!crowds.has(origin)) crowds.set(origin, new Pool(origin));
  const start = performance.now();
  const running = [];
  for (let due = start; due < start + ms; due += 1000 / rate) {
    await sleep(due - performance.now());
    const operation = operate(crowds.get(origin), work);
    operation.catch(() => {});
    running.push(operation);
  }
  return Promise.all(running);
}

async function load({ origin, concurrency, ms, ...work }) {
  const own = pools.get(origin) ?? [];
  while (own.length < concurrency) own.push(new Pool(origin, { connections: CONNECTIONS }));
  pools.set(origin, own);
  const until = performance.now() + ms;
  const callers = own.slice(0, concurrency);
  const took = await Promise.all(callers.map((pool) => call(pool, work, until)));
  return took.flat();
}

process.on('message', async (work) => {
  try {
    process.send({ took: await (work.rate ? arrive(work) : load(work)) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
