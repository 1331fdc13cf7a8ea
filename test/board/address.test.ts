import { describe, expect, it } from 'vitest';
import { parseAddress, printAddress } from '../../examples/board/src/address.ts';
import { parsePastedAddress } from '../../examples/board/src/pasted-address.ts';

const project = 'acme/shop/web';

describe('addresses of the board', () => {
  it.each([
    ['#/', { screen: 'dashboard', projects: [], ref: '' }],
    ['#/?projects=a/b,c/d', { screen: 'dashboard', projects: ['a/b', 'c/d'], ref: '' }],
    ['#/?projects=a/b&ref=fix/1', { screen: 'dashboard', projects: ['a/b'], ref: 'fix/1' }],
    [
      `#/${project}/-/pipelines`,
      { screen: 'pipelines', project, filter: { ref: '', status: '', source: '' } },
    ],
    [
      `#/${project}/-/pipelines?ref=a%26b&status=FAILED&source=push`,
      { screen: 'pipelines', project, filter: { ref: 'a&b', status: 'FAILED', source: 'push' } },
    ],
    [`#/${project}/-/pipelines/12`, { screen: 'board', project, id: '12' }],
    [
      `#/${project}/-/pipelines/12?view=timeline&job=3`,
      { screen: 'board', project, id: '12', view: 'timeline', job: '3' },
    ],
    [`#/${project}/-/jobs/12`, { screen: 'log', project, id: '12' }],
    [`#/${project}/-/jobs/12?line=120`, { screen: 'log', project, id: '12', line: 120 }],
    [`#/${project}/-/stats`, { screen: 'statistics', project }],
  ])('%s is parsed, and printed as before', (hash, expected) => {
    const address = parseAddress(hash);
    expect(address).toEqual(expected);
    expect(printAddress(address)).toBe(hash);
  });

  it.each(['', '#', '#/'])('"%s" is the dashboard', (hash) => {
    expect(parseAddress(hash).screen).toBe('dashboard');
  });

  it.each([`#/${project}`, `#/${project}/`, `#/${project}/-/jobs`, `#/${project}/-/pipelines/`])(
    '%s is the list of pipelines of the project',
    (hash) => {
      expect(parseAddress(hash)).toMatchObject({ screen: 'pipelines', project });
    },
  );

  it.each([
    '#/acme',
    '#/-/jobs/1',
    `#/${project}/-/stats/1`,
    `#/${project}/-/jobs/x`,
    `#/${project}/-/merge_requests/1`,
  ])('%s is unknown', (hash) => {
    expect(parseAddress(hash)).toEqual({ screen: 'unknown' });
  });

  it.each(['0', '-1', 'x'])('line %s is no line', (line) => {
    const address = parseAddress(`#/${project}/-/jobs/1?line=${line}`);
    expect(address).toEqual({ screen: 'log', project, id: '1' });
  });
});

describe('a pasted address', () => {
  const gitlab = 'https://gitlab.example.com/gitlab';

  it.each([
    [`${gitlab}/${project}/-/jobs/12#L120`, `${gitlab}/${project}/-/jobs/12`, 120],
    [`${gitlab}/${project}/-/jobs/12/raw`, `${gitlab}/${project}/-/jobs/12/raw`, undefined],
    [
      `${gitlab}/${project}/-/pipelines/12?tab=dag`,
      `${gitlab}/${project}/-/pipelines/12`,
      undefined,
    ],
  ])('%s of a job or pipeline is for the gateway to resolve', (text, url, line) => {
    expect(parsePastedAddress(text)).toEqual({ kind: 'resource', url, line });
  });

  it.each([
    [`https://gitlab.example.com/${project}`, `#/${project}`],
    [`https://gitlab.example.com/${project}/-/pipelines?ref=x`, `#/${project}/-/pipelines?ref=x`],
    [project, `#/${project}`],
    [`/${project}/-/jobs/12#L7`, `#/${project}/-/jobs/12?line=7`],
    [`http://localhost:4000/board#/${project}/-/pipelines/1`, `#/${project}/-/pipelines/1`],
  ])('%s opens %s', (text, hash) => {
    expect(parsePastedAddress(text)).toEqual({ kind: 'screen', hash });
  });

  it.each(['', 'nonsense', `https://gitlab.example.com/${project}/-/merge_requests/1`])(
    '"%s" opens nothing',
    (text) => {
      expect(parsePastedAddress(text)).toEqual({ kind: 'unknown' });
    },
  );
});
