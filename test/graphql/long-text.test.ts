import { describe, expect, it } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { connect, follow } from '../websocket/web-socket.ts';

const LINE = '\u001b[32m✓ "größer" \\ <b>\u001b[0m';
const LOG = `${LINE}\n`.repeat(30_000);
const HTML_LINE = '<span class="term-fg-green">✓ &quot;größer&quot; \\ &lt;b&gt;</span>';
const QUERY = `{ job(project: "42", id: "1001") { trace {
  raw: text(format: RAW) html: text(format: HTML) short: text(lastLines: 1) } } }`;

const whole = {
  raw: LOG,
  html: `${HTML_LINE}\n`.repeat(30_000).trimEnd(),
  short: '✓ "größer" \\ <b>',
};

async function start() {
  const world = createWorld();
  world.addUser({ username: 'alice' });
  world.addToken({ user: 'alice', value: 'glpat-alice' });
  const project = world.addProject({ path: 'group/app', id: 42, members: { alice: 'maintainer' } });
  world.addJob(world.addPipeline(project), { id: 1001, log: LOG });
  return startGateway({ simulator: { world }, token: 'glpat-alice' });
}

describe('a long log as one text', () => {
  it.each([
    ['nothing explicitly', undefined],
    ['JSON', 'application/json'],
    ['GraphQL’s JSON', 'application/graphql-response+json, application/json;q=0.9'],
    ['anything', '*/*'],
    ['what GraphiQL accepts', 'application/json, multipart/mixed'],
  ])('is complete for a client that accepts %s', async (_what, accept) => {
    const { post, calls, bugs } = await start();
    const response = await post(QUERY, { headers: accept ? { accept } : {} });
    expect(response.headers.get('content-type')).toMatch(/json/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(((await response.json()) as { data: unknown }).data).toEqual({ job: { trace: whole } });
    expect(calls()).toEqual(['GET /projects/42/jobs/1001/trace']);
    expect(bugs).toEqual([]);
  });

  it('is complete in an event', async () => {
    const { post } = await start();
    const text = await (await post(QUERY, { headers: { accept: 'text/event-stream' } })).text();
    const data = /^data: (\{.*)$/m.exec(text)?.[1] ?? '';
    expect(JSON.parse(data)).toMatchObject({ data: { job: { trace: whole } } });
  });

  it('is complete over a WebSocket', async () => {
    const gateway = await start();
    const client = connect(gateway, { payload: { 'private-token': 'glpat-alice' } });
    expect(await follow(client, QUERY).next()).toMatchObject({ data: { job: { trace: whole } } });
  });

  it('is released when its reader disconnects', async () => {
    const { post, query, bugs } = await start();
    const reader = (await post(QUERY)).body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect(await query('{ __typename }')).toEqual({
      data: { __typename: 'Query' },
      extensions: { upstream: { calls: 0, coalesced: 0, notModified: 0 } },
    });
    expect(bugs).toEqual([]);
  });
});
