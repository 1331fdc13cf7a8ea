import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createBodyReader } from '../../src/http/body.ts';
import { httpOptionsOf } from '../../src/operation/request-error.ts';

const MAX_BYTES = 20_000;

/**
 * Starts a server that responds with each body that it receives, or with the status with which it
 * rejects the body. Returns a function that opens a request.
 */
async function start(maxTotal: number) {
  const readBytes = createBodyReader(maxTotal);
  const answer = async (given: IncomingMessage, response: ServerResponse) => {
    try {
      const body = await readBytes(given, MAX_BYTES);
      response.end(body.toString('latin1'));
    } catch (error) {
      response.writeHead(httpOptionsOf(error as never)?.status ?? 500).end(String(error));
    }
  };
  const server = createServer((given, response) => void answer(given, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return (headers = {}) => {
    const sent = request({ port, host: '127.0.0.1', method: 'POST', headers });
    const answered = new Promise<{ status: number | undefined; body: string }>((resolve) => {
      sent.on('error', () => {});
      sent.on('response', (response) => {
        let body = '';
        response.setEncoding('latin1').on('data', (part) => {
          body += part;
        });
        response.on('end', () => resolve({ status: response.statusCode, body }));
      });
    });
    return { sent, answered };
  };
}

it('reads a body that arrives in small chunks', async () => {
  const open = await start(1_000_000);
  const { sent, answered } = open();
  const text = Array.from({ length: 1_000 }, (_, at) => String(at % 10)).join('');
  for (const byte of text) sent.write(byte);
  sent.end();
  expect(await answered).toEqual({ status: 200, body: text });
});

it('refuses a body that arrives in very many small chunks', async () => {
  const open = await start(1_000_000);
  const { sent, answered } = open();
  for (let at = 0; at < 5_000; at += 1) sent.write('x');
  expect((await answered).status).toBe(400);
});

it('refuses a body that is longer than allowed, while it arrives', async () => {
  const open = await start(1_000_000);
  const { sent, answered } = open();
  sent.write('x'.repeat(MAX_BYTES));
  sent.write('x');
  expect((await answered).status).toBe(413);
});

it('refuses a compressed body before it is read', async () => {
  const open = await start(1_000_000);
  const { sent, answered } = open({ 'content-encoding': 'br' });
  sent.write('x');
  expect(await answered).toMatchObject({ status: 415, body: expect.stringContaining('br') });
});

it('refuses the largest body when all bodies together take too much memory', async () => {
  const open = await start(24_000);
  const first = open();
  first.sent.write('x'.repeat(16_000));
  const second = open();
  second.sent.write('y'.repeat(6_000));
  // The third body exceeds the total limit. The first one is the largest, so it is rejected.
  const third = open();
  third.sent.write('z'.repeat(6_000));
  expect((await first.answered).status).toBe(503);
  second.sent.end();
  third.sent.end();
  expect(await second.answered).toEqual({ status: 200, body: 'y'.repeat(6_000) });
  expect(await third.answered).toEqual({ status: 200, body: 'z'.repeat(6_000) });
});

it('frees the memory of a body whose sender disconnects', async () => {
  const open = await start(20_000);
  for (let time = 0; time < 5; time += 1) {
    const left = open();
    left.sent.write('x'.repeat(15_000));
    const { sent, answered } = open();
    sent.end('y');
    expect((await answered).status).toBe(200);
    left.sent.destroy();
  }
  const { sent, answered } = open();
  sent.end('z'.repeat(15_000));
  expect((await answered).status).toBe(200);
});
