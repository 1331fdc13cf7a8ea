/* Builds the operations of a workload for a subject (a measured program), and checks its responses. */
import { deepStrictEqual } from 'node:assert';
import { expectedData } from './expected.js';
import { isQuick } from './quick.js';
import { clients, prepare } from './requests.js';

const CONCURRENT_CHECKS = 8;
/**
 * Maximum number of different requests with --quick. A multiple of `TOKENS` in run.js, so that a request always
 * has the same token.
 */
const QUICK_COUNT = 50;

async function fetchOnce({ method, path, body, headers }, { origin, caller = 'moving' }) {
  const answer = await fetch(origin + path, {
    method,
    body,
    headers: { 'private-token': `${caller}-0`, ...headers },
  });
  return Buffer.from(await answer.arrayBuffer());
}

/**
 * Sends one operation. Throws if `expected` is given and the response has errors or other data.
 * Returns the requests of the operation, each with the length of its response in `bytes`.
 */
async function checkOne(requests, subject, expected) {
  const bodies = await Promise.all(requests.map((request) => fetchOnce(request, subject)));
  if (expected) {
    const { data, errors } = JSON.parse(bodies[0]);
    deepStrictEqual({ data, errors }, { data: expected, errors: undefined });
  }
  return requests.map((request, index) => ({ ...request, bytes: bodies[index].length }));
}

/**
 * Returns the operations of a workload for a subject. If the subject has a `client`, the first
 * `checked` operations have their expected data.
 */
function operationsOf(workload, { client, settled }, checked) {
  const { query, at, count, settledCount = count } = workload;
  const usual = settled ? settledCount : count;
  const length = isQuick ? Math.min(usual, QUICK_COUNT) : usual;
  return Array.from({ length }, (_, index) => {
    const { variables, rest, answer } = at(index);
    if (!client) return { requests: rest };
    const isChecked = index < checked;
    const expected = isChecked ? expectedData(prepare(query).text, answer) : undefined;
    return { requests: [clients[client](query, variables)], expected };
  });
}

/**
 * Sends all operations of a workload once to a subject. If the subject has a `client`, sends them
 * as this client does, and throws if one of the first `checked` responses does not have the
 * expected data. Otherwise sends them as REST requests. Returns the operations with the lengths of
 * their responses; the driver expects the same lengths of later responses.
 */
export async function checkWorkload(workload, subject, checked = Infinity) {
  const operations = operationsOf(workload, subject, checked);
  const queue = operations.entries();
  const results = [];
  const send = async () => {
    for (const [index, { requests, expected }] of queue) {
      results[index] = await checkOne(requests, subject, expected);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENT_CHECKS }, send));
  } catch (error) {
    throw new Error(`${subject.id} answers ${workload.id} wrongly`, { cause: error });
  }
  return results;
}
