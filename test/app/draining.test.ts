import { once } from 'node:events';
import { request as sendSlowly } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { startGateway, textAt } from '../helpers/start-gateway.ts';
import { subscribe } from '../live/subscribe.ts';
import { connect, follow } from '../websocket/web-socket.ts';

const FOLLOW = 'subscription ($id: ID!) { jobUpdated(id: $id) { status } }';

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
