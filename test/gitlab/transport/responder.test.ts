import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../../src/gitlab/client.ts';
import { isGitlabError, isNotFound } from '../../../src/gitlab/errors.ts';
import { viewError } from '../../../src/graphql/client-errors.ts';
import { settleWrite } from '../../../src/graphql/mutation-errors.ts';
import { aJob, connect, sendJson, startUpstream } from '../upstream.ts';

const job = { project: 'group/app', id: '7' };
const page = { kind: 'offset', page: 1, perPage: 20 } as const;

/** Reads and a write. Each returns `value`, `null` (not found), or the error's code or type. */
const operations = {
  read: (gitlab: Gitlab) => readCode(gitlab.getJob(job)),
  list: (gitlab: Gitlab) =>
    readCode(gitlab.listPipelineJobs({ project: 'group/app', id: '9' }, {}, page)),
  log: (gitlab: Gitlab) => readCode(gitlab.getJobTrace(job)),
  async write(gitlab: Gitlab) {
    try {
      const { errors } = await settleWrite(gitlab.eraseJob({ ...job, kind: 'BUILD' }));
      return errors[0]?.type ?? 'value';
    } catch (error) {
      return isGitlabError(error) ? viewError(error).code : String(error);
    }
  },
};

async function readCode(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
    return 'value';
  } catch (error) {
    if (isNotFound(error)) return 'null';
    return isGitlabError(error) ? viewError(error).code : String(error);
  }
}

type Operation = keyof typeof operations;

const bodies = {
  gitlab: (status: number, operation: Operation) => {
    if (status >= 400) return JSON.stringify({ message: `${status} of GitLab` });
    if (operation === 'log') return '<p>$ printed by the job</p>';
    return JSON.stringify(operation === 'list' ? [aJob(7)] : aJob(7));
  },
  router: () => '{"error":"404 Not Found"}',
  'web server': (status: number) => `<html><h1>${status} Forbidden</h1>nginx</html>`,
  'access proxy': () => 'Access denied. Contact your administrator.',
  'sign-in page': () => '\n<!DOCTYPE html><title>Sign in</title><form></form>',
  'API gateway': () => '{"message":"no Route matched with those values"}',
  framework: (status: number) => JSON.stringify({ status, error: 'Not Found', path: '/api' }),
  nothing: () => '',
};

type Body = keyof typeof bodies;

const types = ['application/json', 'text/html; charset=utf-8', 'text/plain', ''];
const statuses = [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 502];

interface Case {
  status: number;
  type: string;
  body: Body;
  operation: Operation;
}

const byStatus: Readonly<Record<number, [read: string, write: string]>> = {
  401: ['UNAUTHENTICATED', 'UNAUTHENTICATED'],
  403: ['FORBIDDEN', 'ForbiddenError'],
  404: ['null', 'NotFoundError'],
  409: ['CONFLICT', 'ConflictError'],
  429: ['RATE_LIMITED', 'RateLimitedError'],
};

/** Returns the expected outcome, by the rule of upstream.md §1.6. */
function expected({ status, type, body, operation }: Case): string {
  const pick = ([read, write]: readonly [string, string]) => (operation === 'write' ? write : read);
  const foreign = pick(['UPSTREAM_UNAVAILABLE', 'UpstreamUnavailableError']);
  const unusable = pick(['UPSTREAM_UNAVAILABLE', 'OutcomeUnknownError']);
  if (status >= 500) return unusable;
  if (status === 429) return pick(byStatus[429] ?? ['', '']);
  if (status >= 400) {
    return body === 'gitlab'
      ? pick(byStatus[status] ?? ['BAD_USER_INPUT', 'InvalidInputError'])
      : foreign;
  }
  if (status >= 300) return foreign;
  if (operation === 'log') return /html|json/.test(type) ? foreign : 'value';
  if (body === 'gitlab') return 'value';
  // This may be GitLab's own response, damaged in transit.
  const isDamaged = body === 'access proxy' && type === 'application/json';
  return body === 'nothing' || isDamaged ? unusable : foreign;
}

function* allCases(operation: Operation): Generator<Case> {
  for (const status of statuses) {
    for (const type of types) {
      for (const body of Object.keys(bodies) as Body[]) yield { status, type, body, operation };
    }
  }
}

describe.each(Object.keys(operations) as Operation[])('a %s', (operation) => {
  it('follows the rule for each status, media type and responder', async () => {
    let now: Case = { status: 200, type: '', body: 'gitlab', operation };
    const upstream = await startUpstream((request, response) => {
      if (request.url?.endsWith('/version')) return sendJson(response, { version: '19.0' });
      const headers = now.type === '' ? {} : { 'content-type': now.type };
      response.writeHead(now.status, headers).end(bodies[now.body](now.status, operation));
    });
    const { gitlab } = connect(upstream.url, { random: () => 0 });
    const wrong: object[] = [];
    for (now of allCases(operation)) {
      const result = await operations[operation](gitlab);
      if (result !== expected(now)) wrong.push({ ...now, result, expected: expected(now) });
    }
    expect(wrong).toEqual([]);
  });
});

describe('a response', () => {
  const read = async (respond: (response: ServerResponse) => void) => {
    const upstream = await startUpstream((_, response) => respond(response));
    const { gitlab } = connect(upstream.url);
    const error: unknown = await gitlab.getJob(job).catch((caught: unknown) => caught);
    return isGitlabError(error) ? { ...viewError(error), calls: upstream.log.length } : undefined;
  };
  const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    read((response) => sendJson(response, body, { status, headers }));
  const signed = { 'x-request-id': '01A' };

  it.each<[status: number, body: unknown, headers: Record<string, string>, code: string]>([
    [401, { error: 'invalid_token', error_description: 'expired' }, {}, 'UNAUTHENTICATED'],
    [403, { error: 'insufficient_scope', error_description: 'x', scope: 'api' }, {}, 'FORBIDDEN'],
    [403, { message: 'You cannot perform write operations on a …' }, {}, 'FORBIDDEN'],
    [403, { message: 'Verify your identity first' }, signed, 'FORBIDDEN'],
    [403, { message: 'Forbidden' }, {}, 'UPSTREAM_UNAVAILABLE'],
    [401, { message: 'Unauthorized' }, signed, 'UPSTREAM_UNAVAILABLE'],
    [404, { message: 'Not Found' }, signed, 'UPSTREAM_UNAVAILABLE'],
    [404, { message: { error: '404' } }, signed, 'UPSTREAM_UNAVAILABLE'],
    [400, { error: 'page is invalid' }, {}, 'BAD_USER_INPUT'],
    [400, { message: { key: ['is too long'] } }, {}, 'BAD_USER_INPUT'],
    [403, { message: '404 Not found' }, signed, 'UPSTREAM_UNAVAILABLE'],
    [400, { code: 7, message: 'bad' }, {}, 'UPSTREAM_UNAVAILABLE'],
  ])('%i %j with headers %j is %s', async (status, body, headers, code) => {
    expect(await send(status, body, headers)).toMatchObject({ code, calls: 1 });
  });

  it.each([
    ['[', ']'],
    ['{"a":', '1}'],
  ])('with an error nested as %s…%s a thousand times is read', async (start, end) => {
    const text =
      start.repeat(1000) + (start === '[' ? '' : '0') + end.replace('1', '').repeat(1000);
    const result = await read((response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end(`{"message":${text}}`),
    );
    expect(result?.code).toBe('BAD_USER_INPUT');
  });

  it('tells what answered, and the address of a redirect unless it is an IP address', async () => {
    const redirect = (location: string) =>
      read((response) => response.writeHead(301, { location }).end('moved'));
    const path = '/api/v4/projects/group%2Fapp/jobs/7';
    expect((await redirect(`https://gitlab.example.com/sub${path}?x=1`))?.message).toContain(
      'Set GITLAB_URL to https://gitlab.example.com/sub.',
    );
    const hidden = (await redirect(`https://10.0.0.5${path}`))?.message;
    expect(hidden).toContain('another address');
    expect(hidden).not.toContain('10.0.0.5');
    expect((await redirect('//sso.example.com/login?token=x'))?.message).toContain(
      'redirects GET /projects/:id/jobs/:id to https://sso.example.com (status 301)',
    );
    expect((await redirect('/users/sign_in?token=x'))?.message).toContain(
      'redirects GET /projects/:id/jobs/:id to /users/sign_in (status 301)',
    );
    expect((await send(404, { error: '404 Not Found' }))?.message).toContain(
      'This GitLab has no such route: GET /projects/:id/jobs/:id.',
    );
    expect((await read((response) => response.writeHead(403).end()))?.message).toContain(
      'Another server answered instead of GitLab: status 403, no media type',
    );
  });

  it('is decompressed whatever the spelling of its encoding', async () => {
    const { gzipSync } = await import('node:zlib');
    const result = await read((response) =>
      response
        .writeHead(403, { 'content-encoding': ' GZIP', 'content-type': 'application/json' })
        .end(gzipSync('{"message":"403 Forbidden"}')),
    );
    expect(result).toMatchObject({ code: 'FORBIDDEN', message: '403 Forbidden' });
  });
});
