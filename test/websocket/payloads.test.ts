import { expect, it } from 'vitest';
import type { OperationResponse } from '../../src/operation/run.ts';
import { createPayloads } from '../../src/websocket/payloads.ts';

it('sends the payload of a response only in its `next` message', () => {
  const payloads = createPayloads();
  const sent: unknown[] = [];
  const send = (message: unknown) =>
    payloads.send({ send: (text) => sent.push(text) }, JSON.stringify(message), () => {});
  const response = { data: '{"a":1}', errors: [] as const } as unknown as OperationResponse;
  const payload = payloads.hold(response);
  // graphql-ws answers a `ping` with the payload that the client sent.
  send({ type: 'pong', payload: { placeholder: 1 } });
  send({ type: 'pong', payload: { type: 'next', payload: { placeholder: 1 } } });
  send({ id: '7', type: 'next', payload });
  expect(sent).toEqual([
    '{"type":"pong","payload":{"placeholder":1}}',
    '{"type":"pong","payload":{"type":"next","payload":{"placeholder":1}}}',
    '{"id":"7","type":"next","payload":{"data":{"a":1}}}',
  ]);
});
