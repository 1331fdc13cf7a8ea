import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { connect, sendJson, startUpstream, tokenOf, until } from '../upstream.ts';

/** Starts a GitLab that answers /version with `version`, and all other calls with `other`. */
async function start(
  other: (response: ServerResponse) => void,
  version: (response: ServerResponse) => void = (response) =>
    sendJson(response, { message: '401 Unauthorized' }, { status: 401 }),
) {
  const changes: boolean[] = [];
  const upstream = await startUpstream((request, response) =>
    request.url === '/api/v4/version' ? version(response) : other(response),
  );
  const onCircuit = (isOpen: boolean) => void changes.push(isOpen);
  const probes = () => upstream.log.filter((line) => line.endsWith('/version')).length;
  return { upstream, changes, probes, ...connect(upstream.url, { onCircuit, connections: 2 }) };
}

describe('the gateway’s own check', () => {
  it('does not wait for connections, slots or the rate limit of callers', async () => {
    const held: ServerResponse[] = [];
    const { as, upstream, transport } = await start((response) => void held.push(response));
    const calls = ['a', 'b', 'c'].flatMap((token) =>
      ['1', '2'].map((id) => as(tokenOf(token)).getJob({ project: '1', id })),
    );
    await until(() => held.length === 2);
    expect(await transport.probe()).toBeUndefined();
    const { 'private-token': token } = upstream.requests.at(-1)?.headers ?? {};
    expect(token).toBeUndefined();
    await transport.close();
    await Promise.allSettled(calls);
  });

  it.each<[string, (response: ServerResponse) => void, boolean]>([
    ['its version', (r) => sendJson(r, { version: '19.0', revision: 'x' }), true],
    ['403', (r) => sendJson(r, { message: '403 Forbidden' }, { status: 403 }), true],
    ['429', (r) => void r.writeHead(429).end('<p>slow down'), true],
    ['other JSON', (r) => sendJson(r, { status: 'ok' }), false],
    ['the router’s 404', (r) => sendJson(r, { error: '404 Not Found' }, { status: 404 }), false],
    ['a page', (r) => void r.end('<html></html>'), false],
    ['500', (r) => sendJson(r, { message: '500 Internal' }, { status: 500 }), false],
    ['a redirect', (r) => void r.writeHead(302, { location: '/users/sign_in' }).end(), false],
  ])('of a GitLab that answers with %s', async (_, version, isHealthy) => {
    const { transport } = await start(() => {}, version);
    expect((await transport.probe()) === undefined).toBe(isHealthy);
  });
});

describe('calls that the server cuts off', () => {
  it('do not open the circuit for others, from whatever number of credentials', async () => {
    const { as, gitlab, changes, probes } = await start((response) => {
      if (response.req.headers['private-token'] !== 'glpat-caller-0001') {
        return void response.socket?.resetAndDestroy();
      }
      sendJson(response, { id: 7, status: 'success' });
    });
    for (let n = 0; n < 25; n += 1) {
      const bad = as(tokenOf(`made-up-${n}`)).eraseJob({ project: '1', id: '7', kind: 'BUILD' });
      await expect(bad).rejects.toMatchObject({ code: 'GITLAB_NETWORK' });
    }
    expect(await gitlab.getJob({ project: '1', id: '7' })).toMatchObject({ id: 7 });
    expect(probes()).toBe(1);
    expect(changes).toEqual([]);
  });
});
