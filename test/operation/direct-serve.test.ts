import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createDirect, type DirectDeps } from '../../src/operation/run.ts';

it('hands on what it fails to read, body and all, and goes on serving', async () => {
  const otherwise: DirectDeps['otherwise'] = async (request, response) => {
    const { body } = request as typeof request & { body: AsyncIterable<Buffer> };
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(part);
    response.end(`handed on: ${Buffer.concat(parts)}`);
  };
  const find = () => {
    throw new RangeError('a bug of ours');
  };
  // What is not asked for before it fails is left out.
  const deps = { otherwise, programs: { find }, limits: { bodyBytes: 100 }, origins: [] };
  const direct = createDirect({ ...deps, isDraining: () => false } as unknown as DirectDeps);
  const server = createServer(direct).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const body = '{"query":"{ __typename }"}';
  const headers = { 'content-type': 'application/json' };
  for (let time = 0; time < 2; time += 1) {
    const answer = await fetch(url, { method: 'POST', headers, body });
    expect(await answer.text()).toBe(`handed on: ${body}`);
  }
});
