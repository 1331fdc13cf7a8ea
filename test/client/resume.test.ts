import fc from 'fast-check';
import { type Clock, createClient, type GatewayError } from 'gitlab-jobs-gateway/client';
import { expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/app/gateway.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { configOf } from '../helpers/config.ts';
import { runs } from '../helpers/runs.ts';
import { tokens } from '../helpers/worlds.ts';
import { running, runningWorld } from '../live/worlds.ts';
import { clock, SILENCE_MS } from './clocks.ts';

const LOG = `
  subscription Log($id: ID!, $from: BigInt = 0) {
    jobTraceAppended(id: $id, afterByte: $from) { text startByte endByte }
  }
`;

interface LogData {
  jobTraceAppended: { text: string; startByte: number; endByte: number };
}

const headers = { 'PRIVATE-TOKEN': tokens.alice };

/**
 * Starts a GitLab with a running job, and a gateway that can be stopped and started again at its
 * address.
 */
async function start() {
  const world = runningWorld();
  const simulator = await createSimulator({ world });
  const config = configOf({ GITLAB_URL: simulator.url, POLL_INTERVAL_MS: '100' });
  const create = () => createGateway(config, { version: '0.0.0-test', report: () => {} });
  let gateway = create();
  const url = await gateway.listen('127.0.0.1', 0);
  onTestFinished(async () => {
    await gateway.close();
    await simulator.close();
  });
  const restart = async (meanwhile: () => void) => {
    await gateway.close();
    meanwhile();
    gateway = create();
    await gateway.listen('127.0.0.1', Number(new URL(url).port));
  };
  return { world, simulator, url: `${url}/graphql`, restart };
}

it('continues a log with exactly its bytes across three restarts of the gateway', async () => {
  const { world, url, restart } = await start();
  const failures: GatewayError[] = [];
  const client = createClient({ url, headers, clock });
  const variables = { id: running.id };
  const options = { onRetry: (error: GatewayError) => failures.push(error) };
  let text = '';
  let count = 0;
  for await (const { data } of client.subscribe<LogData>(LOG, variables, options)) {
    text += data?.jobTraceAppended.text;
    count += 1;
    const append = () => world.appendLog(running.job, `Zeile ${count} äöü\n`);
    if (count <= 3) await restart(append);
    else world.finishJob(running.job, 'success');
  }
  expect(text).toBe('Zeile 1 äöü\nZeile 2 äöü\nZeile 3 äöü\n');
  expect(failures.length).toBeGreaterThanOrEqual(3);
});

/**
 * Returns a `fetch` whose n-th response ends too early, after `sizes[n]` bytes. If the size is odd,
 * the response ends with an error. Responses after the last size are complete.
 */
function cutting(sizes: number[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const size = sizes.shift();
    if (size === undefined) return response;
    let left = size;
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        controller.enqueue(bytes.subarray(0, left));
        left -= bytes.length;
        if (left > 0) return;
        if (size % 2) controller.error(new TypeError('terminated'));
        else controller.terminate();
      },
    });
    return new Response(response.body?.pipeThrough(cut), response);
  };
}

it('continues a log with exactly its bytes wherever the connection is cut', async () => {
  const { world, url } = await start();
  const pieces = ['eins äöü\n', 'zwei 😀\r\n', 'drei\n', 'vier'];
  const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, async (cuts) => {
      world.setLog(running.job, '');
      const client = createClient({ url, headers, clock, fetch: cutting([...cuts]) });
      const left = [...pieces];
      let text = '';
      for await (const { data } of client.subscribe<LogData>(LOG, { id: running.id })) {
        text += data?.jobTraceAppended.text;
        expect(data?.jobTraceAppended.endByte).toBe(Buffer.byteLength(text));
        if (text === pieces.join('')) break;
        const next = left.shift();
        if (next !== undefined) world.appendLog(running.job, next);
      }
      expect(text).toBe(pieces.join(''));
    }),
    { numRuns: runs(50) },
  );
});

it('connects again if nothing arrives for 30 s, and stops during a pause', async () => {
  const { url } = await start();
  const timers: { ms: number; callback: () => void }[] = [];
  const manual: Clock = {
    after(ms, callback) {
      const timer = { ms, callback };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    random: () => 0,
  };
  const events = createClient({ url, headers, clock: manual }).subscribe<LogData>(LOG, {
    id: running.id,
  });
  await events.next();
  const pending = events.next();
  await expect.poll(() => timers.map(({ ms }) => ms)).toEqual([SILENCE_MS]);
  timers[0]?.callback();
  await expect.poll(() => timers.map(({ ms }) => ms)).toContain(500);
  await events.return?.();
  expect(await pending).toEqual({ done: true, value: undefined });
});

it.each([
  ['a rejected credential', 'wrong', running.id, 'UNAUTHENTICATED'],
  ['a job that does not exist', tokens.alice, toGlobalId('Job', 42, 1), 'NOT_FOUND'],
  ['a log that is not visible', tokens.gus, running.id, 'FORBIDDEN'],
  ['a wrong id', tokens.alice, 'x', 'BAD_USER_INPUT'],
])('ends with the error that another try does not mend: %s', async (_title, token, id, code) => {
  const { world, url, simulator } = await start();
  // Guests cannot see the logs of jobs that run in debug mode.
  Object.assign(world.job(running.job) ?? {}, { debug: true });
  const own = { 'PRIVATE-TOKEN': token };
  const events = createClient({ url, headers: own, clock }).subscribe(LOG, { id });
  const error = await events.next().catch((reason: GatewayError) => reason);
  expect(error).toMatchObject({ name: 'GatewayError', errors: [{ extensions: { code } }] });
  const asked = simulator.requests.length;
  expect(await events.next()).toEqual({ done: true, value: undefined });
  expect(simulator.requests).toHaveLength(asked);
});

it('rejects with the reason of its signal', async () => {
  const { url } = await start();
  const abort = new AbortController();
  const client = createClient({ url, headers, clock });
  const events = client.subscribe(LOG, { id: running.id }, { signal: abort.signal });
  await events.next();
  const pending = events.next();
  abort.abort(new Error('left'));
  await expect(pending).rejects.toThrow('left');
  await expect(client.query('{ __typename }', {}, { signal: abort.signal })).rejects.toThrow(
    'left',
  );
});
