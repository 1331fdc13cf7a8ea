import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createDrain } from '../../src/http/drain.ts';
import { createResponseHeaders } from '../../src/http/response-headers.ts';
import { createHttpListener } from '../../src/http/server.ts';

it('masks and reports a bug in a route', async () => {
  const bug = new Error('inside');
  const bugs: unknown[] = [];
  const listener = createHttpListener({
    graphql: () => {},
    routes: [
      () => {
        throw bug;
      },
    ],
    headers: createResponseHeaders([]),
    drain: createDrain(),
    checkHost: () => undefined,
    refused: () => {},
    report: (error) => bugs.push(error),
  });
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/any`);
  expect([response.status, await response.json()]).toEqual([
    500,
    { error: { code: 'INTERNAL_SERVER_ERROR', message: 'Internal error of the gateway.' } },
  ]);
  expect(bugs).toEqual([bug]);
});
