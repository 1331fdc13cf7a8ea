import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { parseAccept } from '../../src/http/accept.ts';
import { startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld } from '../helpers/worlds.ts';
import { sendRaw } from './raw-request.ts';

const JSON_TYPE = 'application/json';
const NEW_TYPE = 'application/graphql-response+json';
const EVENT_STREAM = 'text/event-stream';
const MULTIPART = 'multipart/mixed';
const APOLLO = 'multipart/mixed;subscriptionSpec=1.0';

describe('the Accept header', () => {
  it.each<[accept: string | undefined, single: string | undefined, stream: string | undefined]>([
    [undefined, JSON_TYPE, EVENT_STREAM],
    ['', JSON_TYPE, EVENT_STREAM],
    ['*/*', JSON_TYPE, EVENT_STREAM],
    ['application/*', JSON_TYPE, undefined],
    ['application/json', JSON_TYPE, undefined],
    ['APPLICATION/JSON', JSON_TYPE, undefined],
    ['application/json; charset=utf-8', JSON_TYPE, undefined],
    [NEW_TYPE, NEW_TYPE, undefined],
    [`${NEW_TYPE}; charset=utf-8, application/json;q=0.9`, NEW_TYPE, undefined],
    [`application/json;q=0.9, ${NEW_TYPE}`, NEW_TYPE, undefined],
    [`${NEW_TYPE};q=0.5, application/json`, JSON_TYPE, undefined],
    [`text/html, ${NEW_TYPE}`, NEW_TYPE, undefined],
    ['text/html, */*;q=0.1', JSON_TYPE, EVENT_STREAM],
    ['text/event-stream', EVENT_STREAM, EVENT_STREAM],
    ['text/*', EVENT_STREAM, EVENT_STREAM],
    // A single response is JSON if the client accepts JSON with any weight.
    ['text/event-stream, application/json;q=0.1', JSON_TYPE, EVENT_STREAM],
    ['multipart/mixed', MULTIPART, undefined],
    // Apollo's clients add parameters: the boundary, and the protocol for each type of operation.
    [`multipart/mixed;deferSpec=20220824, ${NEW_TYPE}, application/json`, NEW_TYPE, undefined],
    ['multipart/mixed;incrementalSpec=v0.2', MULTIPART, undefined],
    [`multipart/mixed;boundary=graphql;subscriptionSpec=1.0,${NEW_TYPE}`, NEW_TYPE, APOLLO],
    [
      'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0", application/json',
      JSON_TYPE,
      APOLLO,
    ],
    [APOLLO, APOLLO, APOLLO],
    [`${APOLLO};q=0.5, text/event-stream`, EVENT_STREAM, EVENT_STREAM],
    [`${APOLLO}, text/event-stream;q=0.5`, APOLLO, APOLLO],
    ['multipart/mixed;subscriptionSpec=2.0', undefined, undefined],
    ['application/json;q=0', undefined, undefined],
    ['application/json; charset=latin1', undefined, undefined],
    ['text/html', undefined, undefined],
    ['*', undefined, undefined],
    [';;;', undefined, undefined],
  ])('%j', (accept, single, stream) => {
    const { json, types, stream: streamType } = parseAccept(accept);
    expect({ single: json ?? types[0], stream: streamType }).toEqual({ single, stream });
  });

  it('excludes types of weight 0', () => {
    const { types } = parseAccept('*/*, application/json;q=0, text/event-stream;q=0');
    expect(types).toEqual([NEW_TYPE, MULTIPART]);
  });
});

describe('a request', () => {
  const body = { query: `{ job(project: "42", id: "${small.fullJob}") { name } }` };

  it('may have several Accept headers', async () => {
    const { url } = await startGateway({ simulator: { world: smallWorld() } });
    const headers = ['text/html', NEW_TYPE].map((value) => ['accept', value] as const);
    const response = await sendRaw(url, { body, headers });
    expect(response.headers['content-type']).toBe(`${NEW_TYPE}; charset=utf-8`);
  });

  it('that accepts no offered type is refused with 406 before a mutation is executed', async () => {
    const { url, calls } = await startGateway({ simulator: { world: smallWorld() } });
    const id = toGlobalId('Job', 42, small.bareJob);
    const query = `mutation { jobCancel(input: { id: "${id}" }) { errors { code } } }`;
    const headers = [['accept', 'text/html']] as const;
    const response = await sendRaw(url, { body: { query }, headers });
    expect(response.status).toBe(406);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(response.body)).toEqual({
      errors: [
        {
          message: `Accept must name one of ${JSON_TYPE}, ${NEW_TYPE}, ${EVENT_STREAM}, ${MULTIPART}, ${APOLLO}.`,
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    });
    expect(calls()).toEqual([]);
  });
});
