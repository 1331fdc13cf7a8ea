import { describe, expect, it } from 'vitest';
import { sendJson, startUpstream } from '../gitlab/upstream.ts';
import { codesOf, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const archive = { file_type: 'archive', size: 1024, filename: 'artifacts.zip', file_format: 'zip' };

async function start(
  files: Record<string, string | Buffer> = {},
  env: Record<string, string> = {},
) {
  const world = smallWorld();
  Object.assign(world.job(Number(small.fullJob)) ?? {}, { artifacts: [archive], files });
  const started = await startGateway({ simulator: { world }, token: tokens.alice, env });
  const read = (path: string, maxBytes?: number | null) =>
    started.query(
      `query ($path: String!, $maxBytes: Int) { job(project: "42", id: "${small.fullJob}") { artifactText(path: $path, maxBytes: $maxBytes) } }`,
      { variables: { path, ...(maxBytes !== undefined && { maxBytes }) } },
    );
  return { ...started, world, read };
}

const textOf = (text: string | null) => ({ data: { job: { artifactText: text } } });

describe('Job.artifactText', () => {
  it('is the text of a file in the archive, in one call', async () => {
    const { read, calls } = await start({ 'reports/a b/junit.xml': '\ufeff<testsuite/>\n' });
    expect(await read('reports/a b/junit.xml')).toMatchObject(textOf('\ufeff<testsuite/>\n'));
    expect(calls()).toEqual(['GET /projects/42/jobs/1001/artifacts/reports/a%20b/junit.xml']);
  });

  it('is null if there is no such file, archive or job', async () => {
    const { read, query, world } = await start();
    expect(await read('nothing')).toEqual(expect.objectContaining(textOf(null)));
    Object.assign(world.job(1001) ?? {}, { artifacts: [] });
    expect(await read('nothing')).toEqual(expect.objectContaining(textOf(null)));
    const answer = await query('{ job(project: "42", id: 999) { artifactText(path: "a") } }');
    expect([answer.data, answer.errors]).toEqual([{ job: { artifactText: null } }, undefined]);
  });

  it.each([
    [undefined, 'é'.repeat(100_000), 32_768],
    [null, 'é'.repeat(100_000), 32_768],
    [5, '€€', 1],
    [6, '€€', 2],
    [1, '€€', 0],
    [7, '😀😀', 1],
    [1_048_576, 'x'.repeat(1_048_577), 1_048_576],
  ])('with maxBytes %j is cut off after a whole character', async (maxBytes, text, length) => {
    const { read } = await start({ a: text });
    const [character = ''] = text;
    expect(await read('a', maxBytes)).toMatchObject(textOf(character.repeat(length)));
  });

  it.each([
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
    ['a text with a zero byte', Buffer.from('a\0b')],
    ['a text that ends within a character', Buffer.from('é').subarray(0, 1)],
  ])('is BAD_USER_INPUT for %s', async (_what, bytes) => {
    const { read, bugs } = await start({ a: bytes });
    expect(codesOf(await read('a'))).toEqual({ 'job.artifactText': 'BAD_USER_INPUT' });
    expect(bugs).toEqual([]);
  });

  it.each([
    ...[
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '../a',
      'a/..',
      '%2e%2e/a',
      'a/%252E./b',
      'a\\b',
      '%5c',
      'a%2fb',
    ],
    ...['x'.repeat(1025), '\ud800'],
  ])('refuses the path %j without a call', async (path) => {
    const { read, calls } = await start();
    expect(codesOf(await read(path))).toEqual({ 'job.artifactText': 'BAD_USER_INPUT' });
    expect(calls()).toEqual([]);
  });

  it.each([0, -1, 1_048_577])('refuses maxBytes %i without a call', async (maxBytes) => {
    const { read, calls } = await start();
    expect(codesOf(await read('a', maxBytes))).toEqual({ 'job.artifactText': 'BAD_USER_INPUT' });
    expect(calls()).toEqual([]);
  });

  it('is FORBIDDEN and UNAUTHENTICATED as in GitLab', async () => {
    const { query } = await start();
    const text = '{ job(project: "43", id: 1010) { artifactText(path: "a") } }';
    const asGuest = await query(text, { token: tokens.gus });
    expect(codesOf(asGuest)).toEqual({ 'job.artifactText': 'FORBIDDEN' });
    const expired = await query(text, { token: tokens.aliceExpired });
    expect(codesOf(expired)).toEqual({ 'job.artifactText': 'UNAUTHENTICATED' });
  });

  it('stops reading when it has enough', async () => {
    let isClosed = false;
    const gitlab = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-disposition': 'attachment; filename="a"' });
      response.once('close', () => {
        isClosed = true;
      });
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', write);
      };
      write();
    });
    const { query } = await startGateway({ env: { GITLAB_URL: gitlab.url }, token: tokens.alice });
    const answer = await query(
      '{ job(project: "42", id: 1) { artifactText(path: "a", maxBytes: 10) } }',
    );
    expect(answer).toMatchObject(textOf('xxxxxxxxxx'));
    await expect.poll(() => isClosed).toBe(true);
  });

  it('is UPSTREAM_UNAVAILABLE if the file breaks off', async () => {
    const gitlab = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x', () => response.destroy());
    });
    const { query } = await startGateway({ env: { GITLAB_URL: gitlab.url }, token: tokens.alice });
    const answer = await query('{ job(project: "42", id: 1) { artifactText(path: "a") } }');
    expect(codesOf(answer)).toEqual({ 'job.artifactText': 'UPSTREAM_UNAVAILABLE' });
  });

  it('says how much can be read if the memory for logs is smaller than `maxBytes`', async () => {
    const { read } = await start({ a: 'x'.repeat(2_000) }, { MAX_TRACE_BYTES: '1024' });
    const answer = await read('a');
    expect(codesOf(answer)).toEqual({ 'job.artifactText': 'OPERATION_TOO_COMPLEX' });
    expect(answer.errors?.[0]?.message).toBe(
      'Only 1024 bytes of the file can be read now: the gateway limits each file, and all logs and files that are read at the same time. Request a `maxBytes` of at most 1024.',
    );
    expect(await read('a', 1024)).toMatchObject(textOf('x'.repeat(1_024)));
  });

  it('counts each text once, and advises to request fewer if the response would be too large', async () => {
    const { query, calls } = await start({ a: 'x'.repeat(1_000) }, { MAX_TRACE_BYTES: '1024' });
    const texts = [1, 2, 3, 4, 5].map(
      (at) => `t${at}: artifactText(path: "a", maxBytes: ${1_000 + at})`,
    );
    const answer = await query(`{ job(project: "42", id: 1001) { ${texts.join(' ')} } }`);
    expect(answer.errors).toMatchObject([
      {
        message:
          'The response would contain too much text of logs and files. Request fewer of them, or a lower `maxBytes`.',
        extensions: { code: 'OPERATION_TOO_COMPLEX', limit: 'traces' },
      },
    ]);
    expect(calls()).toHaveLength(5);
  });

  it('counts each path of a job as a call, before the first one', async () => {
    const { query, calls } = await start();
    const paths = Array.from({ length: 51 }, (_, at) => `t${at}: artifactText(path: "${at}")`);
    const answer = await query(`{ job(project: "42", id: 1001) { ${paths.join(' ')} } }`);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: 'OPERATION_TOO_COMPLEX',
      estimatedCalls: 51,
    });
    expect(calls()).toEqual([]);
  });
});

describe('JobArtifactsFile.downloadUrl', () => {
  it('is the path from which the gateway serves the archive', async () => {
    const { query, url } = await start();
    const answer = await query(
      '{ job(project: "group/app", id: 1001) { artifactsFile { downloadUrl } } }',
    );
    expect(answer.data).toEqual({
      job: { artifactsFile: { downloadUrl: '/jobs/42/1001/artifacts' } },
    });
    const headers = { 'private-token': tokens.alice };
    const response = await fetch(`${url}/jobs/42/1001/artifacts`, { headers });
    expect((await response.arrayBuffer()).byteLength).toBe(1024);
  });
});

describe('Pipeline.testSummary', () => {
  const tests = { success: 3, failed: 1, skipped: 2, error: 0, time: 1.5 };

  async function startWithReports() {
    const world = smallWorld();
    world.addJob(700, { id: 900, name: 'unit 1/2', tests });
    world.addJob(700, { id: 901, name: 'unit 2/2', tests });
    world.addJob(700, { id: 902, name: 'e2e', status: 'failed', tests });
    return startGateway({ simulator: { world }, token: tokens.alice });
  }

  const fields =
    '{ total { count success failed skipped error time } suites { name jobIds suiteError counts { count failed time } } }';

  it('counts the test reports by suite', async () => {
    const { query, calls } = await startWithReports();
    const answer = await query(`{ pipeline(project: "42", id: 700) { testSummary ${fields} } }`);
    const counts = (factor: number) => ({ count: 6 * factor, failed: factor, time: 1.5 * factor });
    const ids = (...jobs: number[]) =>
      jobs.map((id) => Buffer.from(`Job:42:${id}`).toString('base64url'));
    expect(answer.data).toEqual({
      pipeline: {
        testSummary: {
          total: { ...counts(3), success: 9, skipped: 6, error: 0 },
          suites: [
            { name: 'unit', jobIds: ids(900, 901), suiteError: null, counts: counts(2) },
            { name: 'e2e', jobIds: ids(902), suiteError: null, counts: counts(1) },
          ],
        },
      },
    });
    expect(calls()).toEqual(['GET /projects/42/pipelines/700/test_report_summary']);
  });

  it('reads the pipeline only for the ids of jobs, and only for a path that is not known', async () => {
    const { query, calls } = await startWithReports();
    const report = 'GET /projects/group%2Fapp/pipelines/700/test_report_summary';
    const at = (selection: string) =>
      query(`{ pipeline(project: "group/app", id: 700) { testSummary { ${selection} } } }`);
    await at('total { count } suites { name }');
    expect(calls()).toEqual([report]);
    const first = await at('suites { jobIds }');
    expect(calls()).toEqual([report, 'GET /projects/group%2Fapp/pipelines/700']);
    expect(await at('suites { jobIds }')).toMatchObject({ data: first.data as object });
    expect(calls()).toEqual([report]);
  });

  it('has ids that are read in one call', async () => {
    const { query, calls } = await startWithReports();
    const answer = await query(
      '{ pipeline(project: "42", id: 700) { testSummary { suites { jobIds } } } }',
    );
    const suites = JSON.stringify(answer.data).match(/"Sm9i[^"]*"/g) ?? [];
    calls();
    const jobs = await query(`{ nodes(ids: [${suites.join(',')}]) { ... on Job { name } } }`);
    expect(jobs.data).toEqual({
      nodes: [{ name: 'unit 1/2' }, { name: 'unit 2/2' }, { name: 'e2e' }],
    });
    expect(calls()).toHaveLength(1);
  });

  it('is null without reports, and if the pipeline is not visible', async () => {
    const { query } = await startGateway({
      simulator: { world: smallWorld() },
      token: tokens.alice,
    });
    for (const id of [700, 999]) {
      const answer = await query(
        `{ pipeline(project: "42", id: ${id}) { testSummary ${fields} } }`,
      );
      expect([answer.data, answer.errors]).toEqual([
        { pipeline: { testSummary: null } },
        undefined,
      ]);
    }
  });

  it('is FORBIDDEN if GitLab refuses it', async () => {
    const { query } = await startGateway({ simulator: { world: smallWorld() }, token: tokens.gus });
    const answer = await query(`{ pipeline(project: "43", id: 710) { testSummary ${fields} } }`);
    expect(codesOf(answer)).toEqual({ 'pipeline.testSummary': 'FORBIDDEN' });
  });

  const startWith = async (body: unknown, status = 200) => {
    const gitlab = await startUpstream((_request, response) =>
      sendJson(response, body, { status }),
    );
    return startGateway({ env: { GITLAB_URL: gitlab.url }, token: tokens.alice });
  };

  it('says that a server has no such route', async () => {
    const { query } = await startWith({ error: '404 Not Found' }, 404);
    const answer = await query(`{ pipeline(project: "42", id: 7) { testSummary ${fields} } }`);
    expect(codesOf(answer)).toEqual({ 'pipeline.testSummary': 'UPSTREAM_UNAVAILABLE' });
    expect(answer.errors?.[0]?.message).toMatch(/^This GitLab has no such route/);
  });

  it('accepts reports without ids of jobs, counts and times', async () => {
    const suites = [{ name: null, suite_error: 'JUnit XML parsing failed', total_count: null }];
    const { query } = await startWith({ total: { count: 0, time: null }, test_suites: suites });
    const answer = await query(`{ pipeline(project: "42", id: 7) { testSummary ${fields} } }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({
      pipeline: {
        testSummary: {
          total: { count: 0, success: 0, time: null },
          suites: [{ name: null, jobIds: [], suiteError: 'JUnit XML parsing failed' }],
        },
      },
    });
  });
});
