import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { createGateway } from '../../src/server.ts';

/** A GitLab that never answers, and a gateway in front of it. */
async function startSilent() {
  const gitlab = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(gitlab, 'listening');
  const { port } = gitlab.address() as AddressInfo;
  const command = parseConfig({ GITLAB_URL: `http://127.0.0.1:${port}` }, []);
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
  const body = JSON.stringify({ query: '{ job(project: "42", id: "1") { name } }' });
  const headers = { 'content-type': 'application/json', 'private-token': 'glpat-alice' };
  return fetch(`${url}/graphql`, { method: 'POST', headers, body, signal }).catch(() => 'left');
}

it('ends the call to GitLab when the only caller who waits for it leaves', async () => {
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
