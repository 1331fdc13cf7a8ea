import { expect, it } from 'vitest';
import { createServerCapabilities } from '../../src/gitlab/server-capabilities.ts';
import { connect, createTestClock, sendJson, startUpstream } from './upstream.ts';

const TEN_MINUTES = 600_000;

it('forgets what was detected ten minutes ago, and remembers what is confirmed', () => {
  const { clock, advance } = createTestClock();
  const server = createServerCapabilities(clock);
  expect(server.keyset).toBeUndefined();
  server.keyset = false;
  server.bridges = 'trigger_jobs';
  advance(TEN_MINUTES - 1);
  server.bridges = 'trigger_jobs';
  expect(server.keyset).toBe(false);
  advance(1);
  expect(server.keyset).toBeUndefined();
  expect(server.bridges).toBe('trigger_jobs');
});

it('detects again after ten minutes what one odd response has shown', async () => {
  const { clock, advance } = createTestClock();
  let isOdd = true;
  const upstream = await startUpstream((request, response) => {
    if (isOdd && request.url?.includes('/bridges')) {
      sendJson(response, { error: '404 Not Found' }, { status: 404 });
    } else sendJson(response, []);
  });
  const { gitlab } = connect(upstream.url, { clock });
  const pipeline = { project: '1', id: '9' };
  const list = () =>
    gitlab.listPipelineBridges(pipeline, {}, { kind: 'offset', page: 1, perPage: 20 });
  await list();
  isOdd = false;
  await list();
  advance(TEN_MINUTES);
  await list();
  const routes = upstream.log.map((line) => /pipelines\/9\/(\w+)/.exec(line)?.[1]);
  expect(routes).toEqual(['bridges', 'trigger_jobs', 'trigger_jobs', 'bridges']);
});
