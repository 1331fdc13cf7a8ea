import { once } from 'node:events';
import { request as sendSlowly } from 'node:http';
import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway, textAt } from '../helpers/start-gateway.ts';
import { subscribe } from '../live/subscribe.ts';
import { connect, follow } from '../websocket/web-socket.ts';
import { startProgram } from './start-program.ts';

const JOB = `{ job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`;
const FOLLOW = 'subscription ($id: ID!) { jobUpdated(id: $id) { status } }';

describe('on SIGTERM the program', () => {
  it('finishes running operations, rejects new ones, and exits with 0', async () => {
    const { child, query, url, simulator, ended, said } = await startProgram();
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    simulator.fail({ kind: 'slow', delayMs: 1_500, match: '/jobs/' });
    const running = query(JOB);
    await expect.poll(() => simulator.requests.length).toBe(2);
    child.kill('SIGTERM');
    await said('shutting down');
    const late = await query(JOB);
    expect(late.status).toBe(503);
    expect(late.headers.get('connection')).toBe('close');
    expect(await late.json()).toMatchObject({
      errors: [{ extensions: { code: 'SHUTTING_DOWN' } }],
    });
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await (await running).json()).toMatchObject({ data: { job: { name: 'build' } } });
    expect(await ended).toEqual([0, null]);
  });

  it('does not wait for idle connections, nor for a log reader that stopped reading', async () => {
    const { child, query, url } = await startProgram({
      MAX_BATCH: '1000',
      SHUTDOWN_TIMEOUT: '600',
    });
    const agent = new Agent({ keepAliveTimeout: 60_000 });
    onTestFinished(() => agent.destroy());
    child.stdout?.pause();
    // Makes the program write more log output than a pipe buffers.
    const body = JSON.stringify(Array(1_000).fill({ query: '{ __typename }' }));
    expect(
      (await query('', { headers: { 'content-type': 'application/json' }, body })).status,
    ).toBe(200);
    await (await request(`${url}/health`, { dispatcher: agent })).body.dump();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    child.stdout?.resume();
  });

  it('exits immediately on a second signal', async () => {
    const { child, query, simulator, ended, said } = await startProgram();
    simulator.fail({ kind: 'hang' });
    query(JOB).catch(() => {});
    await expect.poll(() => simulator.requests.length).toBe(1);
    child.kill('SIGTERM');
    await said('shutting down');
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
  });
});

describe('draining', () => {
  async function start() {
    const simulator = { world: seedWorld() };
    const started = await startGateway({ simulator, token: demo.token });
    const answer = await started.query(
      `{ job(project: "${demo.project}", id: "${demo.runningJobId}") { id } }`,
    );
    return { ...started, id: textAt(answer, 'job.id') };
  }

  it('breaks event streams off, so that clients connect again', async () => {
    const { url, gateway, id } = await start();
    const variables = { id };
    const live = subscribe({ url }, FOLLOW, { token: demo.token, variables });
    expect(await live.next()).toMatchObject({ data: { jobUpdated: {} } });
    const drained = gateway.drain();
    await expect(live.next()).rejects.toThrow('terminated');
    await drained;
  });

  it('refuses a subscription whose request was not complete when it began', async () => {
    const { url, gateway, id } = await start();
    const asking = sendSlowly(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'private-token': demo.token,
        accept: 'text/event-stream',
        expect: '100-continue',
      },
    });
    const answered = once(asking, 'response');
    await once(asking, 'continue');
    const drained = gateway.drain();
    asking.end(JSON.stringify({ query: FOLLOW, variables: { id } }));
    const [answer] = await answered;
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(await text(answer)).toContain('SHUTTING_DOWN');
    await drained;
  });

  it('closes WebSockets with a code that makes clients reconnect', async () => {
    const { url, gateway, id } = await start();
    const live = follow(connect({ url }, { payload: { 'private-token': demo.token } }), FOLLOW, {
      id,
    });
    expect(await live.next()).toMatchObject({ data: { jobUpdated: {} } });
    const closed = expect(live.next()).rejects.toMatchObject({ code: 1012 });
    await gateway.drain();
    await closed;
  });
});
