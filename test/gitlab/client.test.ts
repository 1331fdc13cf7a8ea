import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Gitlab } from '../../src/gitlab/client.ts';
import { GitlabResponseError } from '../../src/gitlab/errors.ts';
import { aJob, connect, sendJson, startUpstream } from './upstream.ts';

const job = { project: 'group/app', id: '7' };
const pipeline = { project: '42', id: '9' };
const offset = { kind: 'offset', page: 2, perPage: 50 } as const;
const agents = { allowed_agents: null };

describe('each endpoint', () => {
  it.each<[string, (gitlab: Gitlab) => Promise<unknown>, string, unknown]>([
    [
      'project jobs',
      (g) => g.listProjectJobs('group/app', { scope: ['failed', 'manual'], ref: 'a&b' }, offset),
      'GET /api/v4/projects/group%2Fapp/jobs?scope%5B%5D=failed&scope%5B%5D=manual&ref=a%26b&page=2&per_page=50',
      [],
    ],
    [
      'project jobs by key',
      (g) => g.listProjectJobs('42', {}, { kind: 'keyset', perPage: 100, direction: 'older' }),
      'GET /api/v4/projects/42/jobs?pagination=keyset&per_page=100&order_by=id&sort=desc',
      [],
    ],
    [
      'pipeline jobs',
      (g) => g.listPipelineJobs(pipeline, { scope: [] }, offset),
      'GET /api/v4/projects/42/pipelines/9/jobs?page=2&per_page=50',
      [],
    ],
    [
      'pipeline jobs with retried ones',
      (g) => g.listPipelineJobs(pipeline, { includeRetried: true }, offset),
      'GET /api/v4/projects/42/pipelines/9/jobs?include_retried=true&page=2&per_page=50',
      [],
    ],
    [
      'bridges',
      (g) => g.listPipelineBridges(pipeline, {}, offset),
      'GET /api/v4/projects/42/pipelines/9/bridges?page=2&per_page=50',
      [],
    ],
    ['job', (g) => g.getJob(job), 'GET /api/v4/projects/group%2Fapp/jobs/7', aJob(7)],
    ['current job', (g) => g.getCurrentJob(), 'GET /api/v4/job', aJob(7)],
    ['allowed agents', (g) => g.getAllowedAgents(), 'GET /api/v4/job/allowed_agents', agents],
    [
      'project',
      (g) => g.getProject('group/app'),
      'GET /api/v4/projects/group%2Fapp',
      { id: 1, path_with_namespace: 'group/app' },
    ],
    ['pipeline', (g) => g.getPipeline(pipeline), 'GET /api/v4/projects/42/pipelines/9', { id: 9 }],
  ])('reads %s', async (_, call, expected, answer) => {
    const upstream = await startUpstream((_request, response) => sendJson(response, answer));
    await call(connect(upstream.url).gitlab);
    expect(upstream.log).toEqual([expected]);
    expect(upstream.requests[0]?.headers).toMatchObject({
      'private-token': 'glpat-caller-0001',
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': 'gitlab-jobs-gateway/dev',
    });
  });

  it.each<[string, (gitlab: Gitlab) => Promise<unknown>, string, unknown]>([
    ['cancel', (g) => g.cancelJob({ ...job, kind: 'BUILD' }, {}), 'cancel', undefined],
    [
      'forced cancel',
      (g) => g.cancelJob({ ...job, kind: 'BUILD' }, { force: true }),
      'cancel',
      { force: true },
    ],
    ['retry', (g) => g.retryJob({ ...job, kind: 'BUILD' }, {}), 'retry', undefined],
    [
      'retry with inputs, under both of their names',
      (g) => g.retryJob({ ...job, kind: 'BUILD' }, { inputs: { env: 'prod' } }),
      'retry',
      { inputs: { env: 'prod' }, job_inputs: { env: 'prod' } },
    ],
    ['erase', (g) => g.eraseJob({ ...job, kind: 'BUILD' }), 'erase', undefined],
    ['play', (g) => g.playJob({ ...job, kind: 'BUILD' }, { variables: [] }), 'play', undefined],
    [
      'play with variables and inputs',
      (g) =>
        g.playJob(
          { ...job, kind: 'BUILD' },
          { variables: [{ key: 'A', value: 'b' }], inputs: { n: 1 } },
        ),
      'play',
      { job_variables_attributes: [{ key: 'A', value: 'b' }], job_inputs: { n: 1 } },
    ],
  ])('writes %s', async (_, call, action, body) => {
    const upstream = await startUpstream((_request, response) =>
      sendJson(response, aJob(7), { status: 201 }),
    );
    const answer = await call(connect(upstream.url).gitlab);
    expect(answer).toMatchObject({ id: 7, kind: 'BUILD', project_id: '42' });
    expect(upstream.log).toEqual([`POST /api/v4/projects/group%2Fapp/jobs/7/${action}`]);
    const { text, headers } = upstream.requests[0] ?? { text: '', headers: {} };
    expect(text === '' ? undefined : JSON.parse(text)).toEqual(body);
    expect(headers['content-type']).toBe(body ? 'application/json' : undefined);
  });

  it('uses the path prefix of the base URL', async () => {
    const upstream = await startUpstream((_, response) => sendJson(response, aJob(7)));
    await connect(`${upstream.url}/gitlab/`).gitlab.getJob(job);
    expect(upstream.log).toEqual(['GET /gitlab/api/v4/projects/group%2Fapp/jobs/7']);
  });

  it('sends all credential headers and the trace context, and none for an anonymous caller', async () => {
    const { readCredential, anonymous } = await import('../../src/gitlab/credential.ts');
    const upstream = await startUpstream((_, response) => sendJson(response, aJob(7)));
    const sent: Record<string, string> = {
      'private-token': 'p',
      authorization: 'Bearer b',
      'job-token': 'j',
    };
    const { as } = connect(upstream.url);
    const traceContext = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await as(
      readCredential((name) => sent[name]),
      { traceContext },
    ).getJob(job);
    await as(anonymous).getJob(job);
    expect(upstream.requests[0]?.headers).toMatchObject({ ...sent, ...traceContext });
    const plain = Object.keys(upstream.requests[1]?.headers ?? {}).sort();
    expect(plain).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });
});

describe('identity', () => {
  const get = async (answer: unknown, call: (gitlab: Gitlab) => Promise<unknown>) => {
    const upstream = await startUpstream((_, response) => sendJson(response, answer));
    return call(connect(upstream.url).gitlab);
  };

  it('uses the pipeline’s numeric project id, however the project was named', async () => {
    expect(await get(aJob(7), (g) => g.getJob(job))).toMatchObject({
      project_id: '42',
      kind: 'BUILD',
    });
  });

  it('uses the project as requested if a server omits the numeric id', async () => {
    const bare = { id: 7, status: 'success' };
    expect(await get(bare, (g) => g.getJob(job))).toMatchObject({ project_id: 'group/app' });
    const [row] = (
      (await get([bare], (g) => g.listPipelineBridges(pipeline, {}, offset))) as {
        items: unknown[];
      }
    ).items;
    expect(row).toMatchObject({ project_id: '42', kind: 'BRIDGE' });
  });

  it('rejects a current job without a pipeline, since its project is unknown', async () => {
    const call = get({ id: 7, status: 'running' }, (g) => g.getCurrentJob());
    await expect(call).rejects.toBeInstanceOf(GitlabResponseError);
  });

  it('takes the kind from the request of a write', async () => {
    const played = { ...aJob(7), downstream_pipeline: { id: 5, project_id: 43 } };
    expect(await get(played, (g) => g.playJob({ ...job, kind: 'BRIDGE' }, {}))).toMatchObject({
      kind: 'BRIDGE',
      downstream_pipeline: { id: 5 },
    });
    // A retried bridge is returned in the shape of a job (upstream.md §2.9).
    expect(await get(aJob(7), (g) => g.retryJob({ ...job, kind: 'BRIDGE' }, {}))).toMatchObject({
      kind: 'BRIDGE',
    });
  });

  it('preserves ids above 32 bits', async () => {
    const id = 12345678901;
    const read = (g: Gitlab) => g.getJob({ ...job, id: String(id) });
    expect(await get(aJob(id), read)).toMatchObject({ id });
  });
});

describe('responses that violate the contract', () => {
  it.each([
    ['nothing', '', 'GITLAB_RESPONSE'],
    ['broken JSON', '{"id":1,', 'GITLAB_RESPONSE'],
    ['null', 'null', 'GITLAB_RESPONSE'],
    ['a list for one row', '[]', 'GITLAB_RESPONSE'],
    ['a row without status', '{"id":7}', 'GITLAB_RESPONSE'],
    ['another job', '{"id":8,"status":"success"}', 'GITLAB_RESPONSE'],
    ['an object without id', '{"status":"success"}', 'GITLAB_MISROUTED'],
    ['a web page', '<!DOCTYPE html><h1>Sign in</h1>', 'GITLAB_MISROUTED'],
  ])('%s is rejected and not quoted', async (_, body, code) => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    const error = await connect(upstream.url)
      .gitlab.getJob(job)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ status: 200, code });
    expect(String(error)).not.toContain('Sign in');
    expect(upstream.log).toHaveLength(1);
  });

  it.each([
    ['an object for a list', { id: 1 }, 'not a list'],
    ['a row that is none', [aJob(1), 'x'], 'row 1'],
    ['a row without id', [aJob(1), { status: 'success' }], 'row 1: id'],
  ])('%s fails the list', async (_, body, message) => {
    const upstream = await startUpstream((_request, response) => sendJson(response, body));
    const call = connect(upstream.url).gitlab.listPipelineJobs(pipeline, {}, offset);
    await expect(call).rejects.toThrow(message);
  });

  it.each<[string, (gitlab: Gitlab) => Promise<unknown>]>([
    ['a job', (g) => g.getJob(job)],
    ['a pipeline', (g) => g.getPipeline({ project: '42', id: '7' })],
    ['a project by number', (g) => g.getProject('7')],
    ['a canceled job', (g) => g.cancelJob({ ...job, kind: 'BUILD' }, {})],
    ['an erased job', (g) => g.eraseJob({ ...job, kind: 'BUILD' })],
  ])('%s with another id than the requested one is rejected', async (_, call) => {
    const upstream = await startUpstream((_request, response) =>
      sendJson(response, aJob(8, { path_with_namespace: 'a/b' })),
    );
    await expect(call(connect(upstream.url).gitlab)).rejects.toMatchObject({
      code: 'GITLAB_RESPONSE',
      message: expect.stringContaining('it has the id 8 instead of 7'),
    });
    expect(upstream.log).toHaveLength(1);
  });

  const ofPipeline = (id: number, project_id: number) => aJob(7, { pipeline: { id, project_id } });

  it.each<[string, object, (gitlab: Gitlab) => Promise<unknown>]>([
    ['project 77, not 42', ofPipeline(9, 77), (g) => g.listProjectJobs('42', {}, offset)],
    ['project 77, not 42', ofPipeline(9, 77), (g) => g.listPipelineJobs(pipeline, {}, offset)],
    ['pipeline 8, not 9', ofPipeline(8, 42), (g) => g.listPipelineJobs(pipeline, {}, offset)],
    ['pipeline 8, not 9', ofPipeline(8, 42), (g) => g.listPipelineBridges(pipeline, {}, offset)],
  ])('a list with a row of %s is rejected', async (owner, other, call) => {
    const rows = [aJob(8), other];
    const upstream = await startUpstream((_request, response) => sendJson(response, rows));
    await expect(call(connect(upstream.url).gitlab)).rejects.toMatchObject({
      code: 'GITLAB_RESPONSE',
      message: expect.stringContaining(`row 1: it belongs to the ${owner}`),
    });
  });

  it('the jobs of a project may belong to several pipelines', async () => {
    const rows = [aJob(8), ofPipeline(8, 42)];
    const upstream = await startUpstream((_, response) => sendJson(response, rows));
    const page = await connect(upstream.url).gitlab.listProjectJobs('42', {}, offset);
    expect(page.items).toHaveLength(2);
  });

  it.each([{}, { message: 'ok' }, { id: 7, status: 'success' }])(
    '%j is not an answer about allowed agents',
    async (body) => {
      const upstream = await startUpstream((_, response) => sendJson(response, body));
      const call = connect(upstream.url).gitlab.getAllowedAgents();
      await expect(call).rejects.toMatchObject({
        code: expect.stringMatching(/MISROUTED|RESPONSE/),
      });
    },
  );

  it.each([null, {}, ['success']])(
    'the status %j costs no other value of the list',
    async (status) => {
      const rows = [aJob(8), aJob(7, { status })];
      const upstream = await startUpstream((_, response) => sendJson(response, rows));
      const page = await connect(upstream.url).gitlab.listPipelineJobs(pipeline, {}, offset);
      expect(page.items).toMatchObject([{ status: 'success' }, { id: 7, status: '' }]);
    },
  );

  it('the path of a project may be of an unexpected type', async () => {
    const project = { id: 42, path_with_namespace: {}, name: 'App' };
    const upstream = await startUpstream((_, response) => sendJson(response, project));
    const read = await connect(upstream.url).gitlab.getProject('42');
    expect(read).toMatchObject({ name: 'App', path_with_namespace: null });
  });

  it('a retried or played job may have another id', async () => {
    const upstream = await startUpstream((_, response) => sendJson(response, aJob(8)));
    const { gitlab } = connect(upstream.url);
    const ref = { ...job, kind: 'BUILD' } as const;
    expect(String((await gitlab.retryJob(ref, {})).id)).toBe('8');
    expect(String((await gitlab.playJob(ref, {})).id)).toBe('8');
  });

  it('values of an unexpected type read as null', async () => {
    const odd = aJob(7, {
      name: false,
      duration: 'long',
      tag_list: 'x',
      runner: 'none',
    });
    const upstream = await startUpstream((_, response) => sendJson(response, odd));
    const read = await connect(upstream.url).gitlab.getJob(job);
    expect(read).toMatchObject({ id: 7, name: null, duration: null, tag_list: null, runner: null });
  });

  it('a status other than 2xx, 4xx and 5xx is rejected', async () => {
    const upstream = await startUpstream((_, response) => void response.writeHead(304).end());
    await expect(connect(upstream.url).gitlab.getJob(job)).rejects.toMatchObject({ status: 304 });
  });
});

describe('trigger jobs', () => {
  const start = (known: string[]) =>
    startUpstream((request, response) => {
      const route = request.url?.split('?')[0]?.split('/').at(-1) ?? '';
      if (known.includes(route)) sendJson(response, [aJob(3)]);
      else sendJson(response, { error: '404 Not Found' }, { status: 404 });
    });
  const routes = (log: string[]) => log.map((line) => /9\/(\w+)/.exec(line)?.[1]);

  it('are requested by the old name first, and only by the new one once the old one is gone', async () => {
    const upstream = await start(['trigger_jobs']);
    const { as, gitlab, transport } = connect(upstream.url);
    expect((await gitlab.listPipelineBridges(pipeline, {}, offset)).items).toHaveLength(1);
    await as(gitlab.credential).listPipelineBridges(pipeline, {}, offset);
    expect(routes(upstream.log)).toEqual(['bridges', 'trigger_jobs', 'trigger_jobs']);
    expect(transport.server.bridges).toBe('trigger_jobs');
  });

  it('are not requested by the other name if the pipeline does not exist', async () => {
    const upstream = await startUpstream((_, response) =>
      sendJson(response, { message: '404 Not found' }, { status: 404 }),
    );
    const call = connect(upstream.url).gitlab.listPipelineBridges(pipeline, {}, offset);
    await expect(call).rejects.toMatchObject({ status: 404 });
    expect(routes(upstream.log)).toEqual(['bridges']);
  });

  it('fail with the first error if neither endpoint exists, else with the second', async () => {
    const upstream = await start([]);
    const { gitlab } = connect(upstream.url);
    const call = gitlab.listPipelineBridges(pipeline, {}, offset);
    await expect(call).rejects.toMatchObject({ path: '/projects/42/pipelines/9/bridges' });
    const other = await startUpstream((request, response) =>
      request.url?.includes('bridges')
        ? sendJson(response, { error: '404 Not Found' }, { status: 404 })
        : sendJson(response, { message: '403 Forbidden' }, { status: 403 }),
    );
    const denied = connect(other.url).gitlab.listPipelineBridges(pipeline, {}, offset);
    await expect(denied).rejects.toMatchObject({ status: 403 });
  });
});

describe('recorded responses of GitLab.com', () => {
  const recorded = new URL('../../../shared/recorded/', import.meta.url);
  const read = (name: string) => readFileSync(new URL(name, recorded), 'utf8');
  const present = existsSync(new URL('pipeline-jobs.json', recorded));

  it.skipIf(!present)('read as jobs with all fields of the shape', async () => {
    const body = read('pipeline-jobs.json');
    const upstream = await startUpstream((_, response) => void response.end(body));
    const { items } = await connect(upstream.url).gitlab.listPipelineJobs(pipeline, {}, offset);
    const [sent] = JSON.parse(body);
    const [row] = items;
    expect(row).toMatchObject({ kind: 'BUILD', project_id: String(sent.pipeline.project_id) });
    for (const [key, value] of Object.entries(row ?? {})) {
      if (value === null || typeof value === 'object' || !(key in sent)) continue;
      expect(value, key).toEqual(sent[key]);
    }
    for (const part of ['user', 'commit', 'pipeline', 'artifacts', 'runner'] as const) {
      if (sent[part] !== null) expect(row?.[part], part).toMatchObject(sent[part]);
    }
  });

  it.skipIf(!present)('read as a pipeline', async () => {
    const body = read('pipeline.json');
    const upstream = await startUpstream((_, response) => void response.end(body));
    const row = await connect(upstream.url).gitlab.getPipeline({ ...pipeline, id: '452959326' });
    expect(JSON.parse(body)).toMatchObject(row);
    expect(row).toMatchObject({ id: 452959326, duration: 14, source: 'push' });
  });
});
