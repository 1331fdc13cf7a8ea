import { createClient } from 'gitlab-jobs-gateway/client';
import { describe, expect, it } from 'vitest';
import { clock } from './clocks.ts';
import { hang, result, serve, stream } from './scripted-server.ts';

const data = { data: { x: 1 } };
const left = new Error('left');

const ignoring: typeof fetch = (input, init) => fetch(input, { ...init, signal: null });

describe.each([
  ['fetch', fetch],
  ['a fetch that ignores its signal', ignoring],
])('with %s', (_title, fetchOfClient) => {
  const create = (url: string) => createClient({ url, clock, fetch: fetchOfClient });

  it('an aborted signal rejects a query that waits, and changes nothing afterwards', async () => {
    const { url, requests } = await serve(hang, result(data));
    const abort = new AbortController();
    const pending = create(url).query('{ x }', {}, { signal: abort.signal });
    await expect.poll(() => requests.length).toBe(1);
    abort.abort(left);
    await expect(pending).rejects.toBe(left);
    const later = new AbortController();
    const received = await create(url).query('{ x }', {}, { signal: later.signal });
    later.abort(left);
    expect(received).toEqual(data);
  });

  it('a signal that is aborted before rejects', async () => {
    const { url } = await serve(result(data), stream([data]));
    const options = { signal: AbortSignal.abort(left) };
    await expect(create(url).query('{ x }', {}, options)).rejects.toBe(left);
    await expect(create(url).subscribe('{ x }', {}, options).next()).rejects.toBe(left);
  });

  it.each([
    ['before the response', [hang], 0],
    ['before the first event', [stream([], 'stay open')], 0],
    ['between two events', [stream([data], 'stay open')], 1],
  ] as const)('return() and the signal end a subscription %s', async (_when, [response], reads) => {
    const { url, requests } = await serve(response, response);
    const abort = new AbortController();
    const open = async (signal?: AbortSignal) => {
      const events = create(url).subscribe('{ x }', {}, signal && { signal });
      for (let read = 0; read < reads; read += 1) {
        expect(await events.next()).toEqual({ done: false, value: data });
      }
      return events;
    };
    const returned = await open();
    const pending = returned.next();
    await expect.poll(() => requests.length).toBe(1);
    expect(await returned.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await returned.next()).toEqual({ done: true, value: undefined });

    const aborted = await open(abort.signal);
    const rejected = aborted.next();
    await expect.poll(() => requests.length).toBe(2);
    abort.abort(left);
    await expect(rejected).rejects.toBe(left);
    expect(await aborted.return?.()).toEqual({ done: true, value: undefined });
  });

  it('closes the connection if the loop ends, or if the signal is aborted inside it', async () => {
    const closed: number[] = [];
    const open = (number: number) => (response: Parameters<typeof hang>[0]) => {
      response.on('close', () => closed.push(number));
      stream([data], 'stay open')(response);
    };
    const { url } = await serve(open(1), open(2));
    for await (const _event of create(url).subscribe('{ x }')) break;
    await expect.poll(() => closed).toEqual([1]);
    const abort = new AbortController();
    const events = create(url).subscribe('{ x }', {}, { signal: abort.signal });
    await events.next();
    abort.abort(left);
    await expect.poll(() => closed).toEqual([1, 2]);
    await expect(events.next()).rejects.toBe(left);
  });
});

it('sends nothing before the iterator is read', async () => {
  const { url, requests } = await serve(stream([data]));
  const events = createClient({ url, clock }).subscribe('{ x }');
  expect(await events.return?.()).toEqual({ done: true, value: undefined });
  expect(requests).toEqual([]);
});
