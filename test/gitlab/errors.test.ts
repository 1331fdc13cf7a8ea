import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type GitlabError,
  GitlabMisroutedError,
  GitlabNetworkError,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
  GitlabTimeoutError,
  isGitlabError,
  isKeysetUnsupported,
  isNotFound,
  isUnknownStatus,
  mayHaveHappened,
} from '../../src/gitlab/errors.ts';
import { messageOf } from '../../src/gitlab/transport/responder.ts';
import { connect, sendJson, serve, startUpstream, tokenOf } from './upstream.ts';

const throttled = 'This endpoint has been requested too many times. Try again later.';

describe('the message of an error body', () => {
  it.each([
    ['{"message":"404 Project Not Found"}', '404 Project Not Found'],
    ['{"message":"403 Forbidden - Job is not retryable"}', '403 Forbidden - Job is not retryable'],
    [`{"message":{"error":"${throttled}"}}`, throttled],
    ['{"message":{"key":["is invalid","is too long"]}}', 'key: is invalid, is too long'],
    ['{"message":{"base":["Reference not found"]}}', 'Reference not found'],
    ['{"message":["one","two"]}', 'one, two'],
    ['{"error":"scope does not have a valid value"}', 'scope does not have a valid value'],
    [
      '{"error":"invalid_token","error_description":"Token was revoked."}',
      'invalid_token: Token was revoked.',
    ],
    ['{"error":"404 Not Found"}', '404 Not Found'],
    ['{"message":null,"error":"x"}', 'x'],
    ['{"message":404}', '404'],
    ['{}', undefined],
    ['{"message":{"a":{"b":{"c":{"d":{"e":"too deep"}}}}}}', 'a: b: c: d: e:'],
  ])('of %s is %s', (body, message) => {
    expect(messageOf(JSON.parse(body))).toBe(message);
  });

  it('is truncated if it is long', () => {
    expect(messageOf({ message: 'y'.repeat(5000) })).toHaveLength(501);
  });
});

describe('errors', () => {
  const origin = { method: 'GET', path: '/projects/1/jobs' };

  it('contain the request and GitLab’s message', () => {
    const error = new GitlabStatusError({ status: 403, gitlabMessage: '403 Forbidden' }, origin);
    expect(error.message).toBe('GitLab answered 403: 403 Forbidden (GET /projects/1/jobs)');
    expect(error).toMatchObject({ code: 'GITLAB_STATUS', name: 'GitlabStatusError', ...origin });
    expect(isGitlabError(error)).toBe(true);
    expect(isGitlabError(new Error('x'))).toBe(false);
  });

  it('are classified by their meaning', () => {
    const status = (code: number, gitlabMessage: string) =>
      new GitlabStatusError({ status: code, gitlabMessage }, origin);
    expect(isNotFound(status(404, '404 Not found'))).toBe(true);
    expect(isNotFound(status(403, '403 Forbidden'))).toBe(false);
    const moved = status(405, 'Non GET methods are not allowed for moved projects');
    expect(isKeysetUnsupported(moved)).toBe(false);
    const old = status(405, 'Keyset pagination is not yet available for this type of request');
    expect(isKeysetUnsupported(old)).toBe(true);
    const strange = { status: 200, cursorIgnored: true };
    expect(isKeysetUnsupported(new GitlabResponseError('x', strange, origin))).toBe(true);
    expect(isUnknownStatus(status(400, 'scope does not have a valid value'))).toBe(true);
    expect(isUnknownStatus(status(400, 'status does not have a valid value'))).toBe(true);
    expect(isUnknownStatus(status(400, 'page is invalid'))).toBe(false);
  });

  it.each<[GitlabError, boolean]>([
    [new GitlabNetworkError('refused', { sent: false }, origin), false],
    [new GitlabNetworkError('reset', { sent: true }, origin), true],
    [new GitlabTimeoutError({ phase: 'connect', sent: false }, origin), false],
    [new GitlabTimeoutError({ phase: 'headers', sent: true }, origin), true],
    [new GitlabStatusError({ status: 503 }, origin), false],
    [new GitlabStatusError({ status: 502 }, origin), true],
    [new GitlabStatusError({ status: 500 }, origin), true],
    [new GitlabStatusError({ status: 403 }, origin), false],
    [new GitlabRateLimitError({ retryAfterSeconds: 3, limitsAllCalls: true }, origin), false],
    [new GitlabResponseError('broken JSON', { status: 200 }, origin), true],
    [new GitlabMisroutedError('a web page', { status: 200 }, origin), false],
  ])('report whether a write may have happened: %s', (error, maybe) => {
    expect(mayHaveHappened(error)).toBe(maybe);
  });

  it('contain no token in any text', () => {
    const token = 'secret-without-any-prefix';
    const credential = tokenOf(token);
    const cause = Object.assign(new Error(`sent ${token} to host`, { cause: new Error(token) }), {
      headers: { 'private-token': token },
      socket: { token },
      code: 'ECONNRESET',
    });
    const error = new GitlabStatusError(
      { status: 401, gitlabMessage: `bad token ${token} or glpat-abcdefgh1234` },
      { method: 'GET', path: `/projects/${token}`, cause, redact: credential.headers.redact },
    );
    const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
    expect(shown).not.toContain(token);
    expect(shown).not.toContain('glpat-abcdefgh1234');
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('keep the redacted text of a cause that is not an Error', () => {
    const caused = { ...origin, cause: 'glpat-abcdefgh1234!' };
    const error = new GitlabNetworkError('x', { sent: true }, caused);
    expect(error.cause).toBe('[redacted]!');
    expect(new GitlabNetworkError('x', { sent: true }, origin)).not.toHaveProperty('cause');
  });

  it.each([
    'PRIVATE-TOKEN: abcdefghijklmnopqrst',
    'authorization: Bearer abc.def',
    'GET /x?private_token=abcdefgh&page=1',
    '{"access_token":"abcdefgh"}',
    'gldt-abcdefghij',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  ])('redact what looks like a token, even an unknown one: %s', (text) => {
    const { message } = new GitlabNetworkError(text, { sent: true }, origin);
    expect(message).toContain('[redacted]');
    expect(message).not.toMatch(/abcdefgh|abc\.def|c2ln/);
  });

  it('of a real call contain GitLab’s message and request id, but not the query', async () => {
    const options = { status: 403, headers: { 'x-request-id': 'R1' } };
    const { gitlab } = await serve((_, response) =>
      sendJson(response, { message: '403 Forbidden' }, options),
    );
    const page = { kind: 'offset', page: 1, perPage: 20 } as const;
    const call = gitlab.listProjectJobs('group/app', { scope: ['failed'] }, page);
    await expect(call).rejects.toMatchObject({
      status: 403,
      gitlabMessage: '403 Forbidden',
      method: 'GET',
      path: '/projects/group%2Fapp/jobs',
      requestId: 'R1',
    });
  });

  it('contain no token even if GitLab echoes it everywhere', async () => {
    const token = 'token-of-an-unknown-form';
    const answers = [
      (r: ServerResponse) => sendJson(r, { message: `no ${token}` }, { status: 403 }),
      (r: ServerResponse) => sendJson(r, { id: token, status: null }),
      (r: ServerResponse) => void r.end(`{"id": ${token}`),
      (r: ServerResponse) => void r.writeHead(302, { location: `https://x/${token}` }).end(),
      (r: ServerResponse) => void r.writeHead(429).end(token),
      (r: ServerResponse) => void r.socket?.end(`${token} nonsense\r\n\r\n`),
    ];
    const upstream = await startUpstream((request, response) => {
      answers[Number(request.url?.split('/').at(-1))]?.(response);
    });
    const gitlab = connect(upstream.url, { random: () => 0 }).as(tokenOf(token));
    for (const id of answers.keys()) {
      const error = await gitlab.getJob({ project: '1', id: String(id) }).catch((e: unknown) => e);
      expect(isGitlabError(error)).toBe(true);
      expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toContain(
        token,
      );
    }
  });
});
