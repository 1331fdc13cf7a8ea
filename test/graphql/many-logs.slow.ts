import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { at, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const ONE = '{ job(project: "50", id: "2001") { trace { truncated } } }';

it('unread responses keep their share of the log budget until their connections close', async () => {
  const mebibytes = 16 * 1024 * 1024;
  const world = smallWorld();
  const app = world.addProject({ id: 50, path: 'group/long', members: { alice: 'maintainer' } });
  world.addJob(world.addPipeline(app, { id: 800, user: 'alice' }), { id: 2001 });
  const { query, simulator, url } = await startGateway({
    simulator: { world },
    token: tokens.alice,
    config: { maxTraceBytes: mebibytes },
  });
  world.setLog(2001, Buffer.alloc(mebibytes - 1, 'x').toString());
  const body = JSON.stringify({ query: '{ job(project: "50", id: "2001") { trace { text } } }' });
  const unread = Array.from({ length: 6 }, () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').pause();
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n');
    socket.write(`private-token: ${tokens.alice}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    return socket;
  });
  const isCut = async () => at(await query(ONE), 'job.trace.truncated');
  await expect.poll(isCut, { interval: 50 }).toBe(true);
  await expect.poll(() => simulator.requests.every(({ status }) => status !== 0)).toBe(true);
  expect(await isCut()).toBe(true);
  for (const socket of unread) socket.destroy();
  await expect.poll(isCut, { interval: 50 }).toBe(false);
});
