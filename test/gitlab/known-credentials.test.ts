import { describe, expect, it, onTestFinished } from 'vitest';
import type { Gitlab } from '../../src/gitlab/client.ts';
import { anonymous, type Credential, readCredential } from '../../src/gitlab/credential.ts';
import {
  createCallerCounts,
  createKnownCredentials,
  createPerCredential,
} from '../../src/gitlab/known-credentials.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import type { Version } from '../../src/simulator/versions.ts';
import { createWorld } from '../../src/simulator/world.ts';
import { aJob, connect, sendJson, startUpstream, tokenOf } from './upstream.ts';

describe('the state of credentials', () => {
  function start() {
    const known = createKnownCredentials();
    let made = 0;
    const stateOf = createPerCredential(() => ({ number: made++ }), known);
    return { known, numberOf: (digest: string) => stateOf({ digest }).number };
  }

  it('is kept for 10,000 known ones, and the least recently used is evicted', () => {
    const { known, numberOf } = start();
    for (let n = 0; n <= 10_000; n++) known.add(`digest ${n}`);
    for (let n = 1; n <= 10_000; n++) expect(numberOf(`digest ${n}`)).toBe(n - 1);
    expect(numberOf('digest 1')).toBe(0);
    known.add('another');
    expect(numberOf('another')).toBe(10_000);
    expect(numberOf('digest 1')).toBe(0);
    // 'digest 2' was least recently used, so it was evicted and gets a new number.
    expect(numberOf('digest 2')).toBe(10_001);
  });

  it('is kept while 100,000 unknown ones pass', () => {
    const { known, numberOf } = start();
    expect(numberOf('alice')).toBe(0);
    known.add('alice');
    // The next call moves the number of 'alice' to the numbers of known credentials.
    expect(numberOf('alice')).toBe(0);
    for (let n = 0; n < 100_000; n++) numberOf(`made up ${n}`);
    expect(numberOf('alice')).toBe(0);
    expect(numberOf('made up 0')).toBe(100_001);
  });
});

describe('a credential', () => {
  it.each<[what: string, status: number, isKnown: boolean]>([
    ['known after a success', 200, true],
    // GitLab checks the parameters of a public pipeline before the credential.
    ['unknown after invalid input', 400, false],
    ['unknown after 401', 401, false],
    ['unknown after a refusal', 403, false],
    ['unknown after 404', 404, false],
    ['unknown after 429', 429, false],
    ['unknown after an outage', 503, false],
  ])('is %s', async (_what, status, isKnown) => {
    const body = status === 200 ? aJob(1) : { message: `${status} of GitLab` };
    const { url } = await startUpstream((_, response) => sendJson(response, body, { status }));
    const { transport, as } = connect(url);
    await as(tokenOf('alice'))
      .getJob({ project: '42', id: '1' })
      .catch(() => {});
    expect(transport.known.has(tokenOf('alice').digest)).toBe(isKnown);
  });
});

it('a credential of several tokens is never known, because GitLab uses only one of them', async () => {
  const { url } = await startUpstream((_, response) => sendJson(response, aJob(1)));
  const { transport, as } = connect(url);
  const headers = new Map([
    ['private-token', 'glpat-alice'],
    ['job-token', 'made-up'],
  ]);
  const credential = readCredential((name) => headers.get(name));
  await as(credential).getJob({ project: '42', id: '1' });
  expect(transport.known.has(credential.digest)).toBe(false);
});

describe('a credential for a project with public pipelines', () => {
  const jobToken = 'glcbt-of-a-running-job';

  async function start(version: Version) {
    const world = createWorld();
    const project = world.addProject({ path: 'group/app', visibility: 'public' });
    const pipeline = world.addPipeline(project, { user: 'owner' });
    world.addToken({ user: 'owner', value: 'glpat-owner' });
    world.addToken({ user: 'owner', value: 'oauth-owner', kind: 'oauth' });
    const job = world.addJob(pipeline, {
      status: 'running',
      artifacts: [{ file_type: 'archive', size: 9, filename: 'a.zip', file_format: 'zip' }],
    });
    world.addToken({ user: 'owner', value: jobToken, kind: 'job', job });
    const simulator = await createSimulator({ version, world });
    onTestFinished(() => simulator.close());
    const { as, transport } = connect(simulator.url);
    const page = { kind: 'offset', page: 1, perPage: 1 } as const;
    const ref = { project: 'group/app', id: String(pipeline.id) };
    const reads = {
      '/job': (gitlab: Gitlab) => gitlab.getCurrentJob(),
      '/projects/:id': (gitlab: Gitlab) => gitlab.getProject('group/app'),
      '/projects/:id/jobs': (gitlab: Gitlab) => gitlab.listProjectJobs('group/app', {}, page),
      '/projects/:id/jobs/:id/artifacts': async (gitlab: Gitlab) => {
        const { body } = await gitlab.openArtifacts({ project: 'group/app', id: String(job.id) });
        body.destroy();
      },
      '/projects/:id/pipelines': (gitlab: Gitlab) =>
        gitlab.listProjectPipelines('group/app', {}, page),
      '/projects/:id/pipelines/:id': (gitlab: Gitlab) => gitlab.getPipeline(ref),
      '/projects/:id/pipelines/:id/jobs': (gitlab: Gitlab) =>
        gitlab.listPipelineJobs(ref, {}, page),
      '/projects/:id/pipelines/:id/bridges': (gitlab: Gitlab) =>
        gitlab.listPipelineBridges(ref, {}, page),
    };
    /** Makes each of the reads as a new caller. Returns those after which it is known. */
    return async (credentialFor: (route: string) => Credential) => {
      const known: string[] = [];
      const succeeded: string[] = [];
      for (const [route, read] of Object.entries(reads)) {
        const credential = credentialFor(route);
        const isDone = await read(as(credential)).then(
          () => true,
          () => false,
        );
        if (isDone) succeeded.push(route);
        if (transport.known.has(credential.digest)) known.push(route);
      }
      return { known, succeeded };
    };
  }

  it.each(['18.0', '19.3'] as const)('of GitLab %s is not known if invented', async (version) => {
    const knownAfter = await start(version);
    for (const header of ['private-token', 'authorization']) {
      const prefix = header === 'authorization' ? 'Bearer ' : '';
      const result = await knownAfter((route) => tokenOf(`${prefix}made-up${route}`, header));
      expect(result).toEqual({ known: [], succeeded: [] });
    }
    const result = await knownAfter((route) => tokenOf(`made-up${route}`, 'job-token'));
    expect(result.known).toEqual([]);
    expect(result.succeeded).toContain('/projects/:id');
    expect(await knownAfter(() => anonymous)).toMatchObject({ known: [] });
  });

  it('is known if it is valid and the response shows it', async () => {
    const values = { 'private-token': 'glpat-owner', authorization: 'Bearer oauth-owner' };
    for (const [header, value] of Object.entries(values)) {
      const knownAfter = await start('19.3');
      const { known, succeeded } = await knownAfter(() => tokenOf(value, header));
      expect(known).toContain('/projects/:id/pipelines/:id/jobs');
      expect(known).toEqual(expect.arrayContaining(succeeded));
    }
  });

  it('is known if it is a job token that only a route for job tokens accepts', async () => {
    const routes = ['/job', '/projects/:id/jobs', '/projects/:id/jobs/:id/artifacts'];
    for (const route of routes) {
      const knownAfter = await start('19.3');
      const { known } = await knownAfter((read) =>
        read === route ? tokenOf(jobToken, 'job-token') : tokenOf(`made-up${read}`, 'job-token'),
      );
      expect(known).toEqual([route]);
    }
    const knownAfter = await start('19.3');
    const { known, succeeded } = await knownAfter((read) =>
      routes.includes(read) ? anonymous : tokenOf(jobToken, 'job-token'),
    );
    expect(succeeded).toContain('/projects/:id/pipelines/:id/jobs');
    expect(known).toEqual([]);
  });
});

describe('a limit of all callers', () => {
  it('cannot be used up by unknown credentials', () => {
    const known = createKnownCredentials();
    known.add('alice');
    const counts = createCallerCounts({ max: 10, maxPerCaller: 5, known });
    for (let n = 0; n < 5; n++) counts.change(`made up ${n}`, 1);
    expect([counts.isFull('made up 5'), counts.isFull('alice')]).toEqual([true, false]);
    // A credential that becomes known no longer counts as unknown.
    known.add('made up 0');
    expect(counts.isFull('made up 5')).toBe(false);
    for (let n = 0; n < 5; n++) counts.change('alice', 1);
    expect(counts.isFull('alice')).toBe(true);
  });
});
