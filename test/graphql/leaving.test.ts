import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/app/config.ts';
import { createGateway } from '../../src/app/gateway.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { connect, follow } from '../websocket/web-socket.ts';

/** Starts a gateway, and a GitLab that never responds. */
async function startSilent() {
  const gitlab = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(gitlab, 'listening');
  const { port } = gitlab.address() as AddressInfo;
  const command = parseConfig(
    // The timeouts are longer than a test may take, so that only the caller's disconnection can end
    // a call.
    {
      GITLAB_URL: `http://127.0.0.1:${port}`,
      UPSTREAM_HEADERS_TIMEOUT_MS: '90000',
      UPSTREAM_TIMEOUT_MS: '90000',
      OPERATION_TIMEOUT_MS: '90000',
    },
    [],
  );
  if (command.name !== 'serve') throw new Error('unreachable');
  const gateway = createGateway(command.config, { version: 'test' });
  const url = await gateway.listen('127.0.0.1', 0);
  onTestFinished(async () => {
    await gateway.close();
    gitlab.closeAllConnections();
    gitlab.close();
  });
  return { url, gitlab };
}

async function ask(url: string, signal: AbortSignal): Promise<unknown> {
  const body = JSON.stringify({ query: `{ ${JOB} }` });
  const headers = { 'content-type': 'application/json', 'private-token': 'glpat-alice' };
  return fetch(`${url}/graphql`, { method: 'POST', headers, body, signal }).catch(() => 'left');
}

const JOB = 'job(project: "42", id: "1") { name }';

describe('the call to GitLab ends', () => {
  it('when the only caller that waits for it disconnects', async () => {
    const { url, gitlab } = await startSilent();
    const leaving = new AbortController();
    const arrived = once(gitlab, 'request') as Promise<[IncomingMessage]>;
    const answer = ask(url, leaving.signal);
    const [call] = await arrived;
    const ended = once(call.socket, 'close');
    leaving.abort();
    expect(await answer).toBe('left');
    await ended;
  });

  it.each([
    ['a query', `{ ${JOB} }`],
    [
      'a subscription that has not begun',
      `subscription { jobUpdated(id: "${toGlobalId('Job', 42, 1)}") { id } }`,
    ],
  ])('when the client completes %s over a WebSocket that stays open', async (_what, query) => {
    const { url, gitlab } = await startSilent();
    const client = connect(
      { url },
      { payload: { 'private-token': 'glpat-alice' }, staysOpen: true },
    );
    const arrived = once(gitlab, 'request') as Promise<[IncomingMessage]>;
    const answer = follow(client, query);
    const next = answer.next();
    const [call] = await arrived;
    const ended = once(call.socket, 'close');
    await answer.leave();
    await ended;
    expect(await next).toBeUndefined();
    expect(await follow(client, '{ __typename }').next()).toEqual({
      data: { __typename: 'Query' },
    });
  });
});
