import { expect, it } from 'vitest';
import { GitlabCallBudgetError } from '../../src/gitlab/errors.ts';
import { aJob, connect, sendJson, startUpstream, tokenOf } from './upstream.ts';

const jobs = (page: number) => ({ kind: 'offset', page, perPage: 100 }) as const;
const caller = tokenOf('glpat-caller-0001');

it('rejects calls beyond the budget without sending them', async () => {
  const upstream = await startUpstream((_request, response) => sendJson(response, aJob(7)));
  const budget = { max: 2, left: 2 };
  const gitlab = connect(upstream.url).as(caller, { budget });
  const job = { project: '42', id: '7', kind: 'BUILD' } as const;
  await gitlab.getJob(job);
  await gitlab.retryJob(job, {});
  const refused = await gitlab.getJob(job).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(GitlabCallBudgetError);
  expect(refused).toMatchObject({ max: 2, path: '/projects/42/jobs/7' });
  await expect(gitlab.cancelJob(job, {})).rejects.toBeInstanceOf(GitlabCallBudgetError);
  expect(upstream.log).toHaveLength(2);
});

it('does not charge retries', async () => {
  let failures = 2;
  const upstream = await startUpstream((_request, response) => {
    if (failures-- > 0) response.writeHead(502).end();
    else sendJson(response, aJob(7));
  });
  const { as } = connect(upstream.url, { random: () => 0 });
  await as(caller, { budget: { max: 1, left: 1 } }).getJob({ project: '42', id: '7' });
  expect(upstream.log).toHaveLength(3);
});

it('does not charge a call that only detects a missing feature', async () => {
  const upstream = await startUpstream((request, response) => {
    if (request.url?.includes('/bridges')) {
      sendJson(response, { error: '404 Not Found' }, { status: 404 });
    } else sendJson(response, []);
  });
  const budget = { max: 1, left: 1 };
  const gitlab = connect(upstream.url).as(caller, { budget });
  await gitlab.listPipelineBridges({ project: '42', id: '9' }, {}, jobs(1));
  expect(upstream.log).toHaveLength(2);
  expect(budget.left).toBe(0);
});
