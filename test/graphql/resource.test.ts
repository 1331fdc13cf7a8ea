import { describe, expect, it } from 'vitest';
import { codesOf, type Started, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';

const externalUrl = 'https://git.example.com/lab';
const start = () =>
  startGateway({
    simulator: { world: smallWorld(), externalUrl, basePath: '/internal' },
    config: { gitlabExternalUrl: externalUrl },
    token: tokens.alice,
  });

const find = ({ query }: Started, url: string) =>
  query(
    'query ($url: String!) { resource(url: $url) { __typename ... on Job { name } ... on Pipeline { ref } } }',
    {
      variables: { url },
    },
  );

const job = { __typename: 'Job', name: 'unit tests 1/3' };
const pipeline = { __typename: 'Pipeline', ref: 'main' };

describe('Query.resource', () => {
  it.each([
    ['group/app/-/jobs/1001', job],
    ['group/app/-/jobs/1001/', job],
    ['group/app/-/jobs/1001/raw', job],
    ['group/app/-/jobs/1001/artifacts/browse/coverage', job],
    ['group/app/-/jobs/1001?page=2#L17', job],
    ['Group/App/-/jobs/1001', job],
    ['group/app/-/pipelines/700', pipeline],
    ['group/app/-/pipelines/700/builds', pipeline],
  ])('finds %s, by GitLab’s external and internal URL', async (path, expected) => {
    const started = await start();
    for (const base of [externalUrl, started.simulator.url]) {
      const answer = await find(started, `${base}/${path}`);
      expect(answer.errors).toBeUndefined();
      expect(answer.data).toEqual({ resource: expected });
    }
    const project = path.startsWith('Group') ? 'Group%2FApp' : 'group%2Fapp';
    const read = expected === job ? 'jobs/1001' : 'pipelines/700';
    expect(started.calls()).toEqual(Array(2).fill(`GET /projects/${project}/${read}`));
    expect(started.bugs).toEqual([]);
  });

  it.each([
    'group/app/-/jobs/999',
    'group/app/-/jobs/1003',
    'group/app/-/pipelines/999',
    'no/where/-/jobs/1001',
  ])('is null without error for %s, which does not exist', async (path) => {
    const started = await start();
    const answer = await find(started, `${externalUrl}/${path}`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ resource: null });
    expect(started.calls()).toHaveLength(1);
  });

  it.each([
    'https://gitlab.com/group/app/-/jobs/1001',
    'http://git.example.com/lab/group/app/-/jobs/1001',
    'https://git.example.com:8443/lab/group/app/-/jobs/1001',
    'https://git.example.com.evil.org/lab/group/app/-/jobs/1001',
    'https://git.example.com@evil.org/lab/group/app/-/jobs/1001',
    'https://git.example.com/group/app/-/jobs/1001',
    'https://git.example.com/laboratory/group/app/-/jobs/1001',
    '//git.example.com/lab/group/app/-/jobs/1001',
    'group/app/-/jobs/1001',
    'javascript:alert(1)',
    'file:///etc/passwd',
    '',
    `${externalUrl}/${'a/'.repeat(2000)}-/jobs/1001`,
  ])('refuses %s, which is not a URL of this GitLab, without a call', async (url) => {
    const started = await start();
    const answer = await find(started, url);
    expect(answer.data).toEqual({ resource: null });
    expect(codesOf(answer)).toEqual({ resource: 'BAD_USER_INPUT' });
    expect(answer.errors?.[0]?.message).not.toContain('127.0.0.1');
    expect(started.calls()).toEqual([]);
  });

  it.each([
    '',
    'group/app',
    'group/app/-/jobs',
    'group/app/-/jobs/',
    'group/app/-/jobs/first',
    'group/app/-/jobs/-1',
    'group/app/-/jobs/01001',
    'group/app/-/jobs/1001x',
    'group/app/-/jobs/99999999999999999999',
    'group/app/-/commits/main',
    'app/-/jobs/1001',
    '-/jobs/1001',
    'group/app/-/jobs/../../jobs/1001',
    'group/%2e%2e/app/-/jobs/1001',
    'group%2Fapp/-/jobs/1001',
    'group/app%00/-/jobs/1001',
  ])('refuses %j, which is not the URL of a job or pipeline', async (path) => {
    const started = await start();
    const answer = await find(started, `${externalUrl}/${path}`);
    expect(codesOf(answer)).toEqual({ resource: 'BAD_USER_INPUT' });
    expect(started.calls()).toEqual([]);
  });
});
