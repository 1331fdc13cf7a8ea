import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createTestClock } from '../gitlab/upstream.ts';
import {
  build,
  retriedPipeline,
  startPipelines,
  type UpstreamPipeline,
} from '../graphql/pipeline-upstream.ts';
import { type Answer, at } from '../helpers/start-gateway.ts';
import { pollFor, subscribe } from './subscribe.ts';

const BOARD = `board { jobCount gaps { code } stages { name groups { name jobs {
  databaseId status retried attempts { databaseId retried }
} } } }`;

const path = 'GET /projects/1/pipelines/900';
const jobsPage = (page: number) => `${path}/jobs?include_retried=true&page=${page}&per_page=100`;
const bridgesPage = `${path}/bridges?page=1&per_page=100`;
const round = [path, bridgesPage, jobsPage(1)];

async function start(pipeline = retriedPipeline(), bobsPipeline?: UpstreamPipeline) {
  pipeline.status = 'running';
  const time = createTestClock();
  const gateway = await startPipelines(
    { 900: pipeline },
    {
      live: { clock: time.clock },
      ...(bobsPipeline && { seenBy: { 'glpat-bob': { 900: bobsPipeline } } }),
    },
  );
  const follow = (selection: string, token = 'glpat-alice') =>
    subscribe(gateway, `subscription ($id: ID!) { pipelineUpdated(id: $id) { ${selection} } }`, {
      token,
      variables: { id: toGlobalId('Pipeline', 1, 900) },
    });
  const poll = () => time.advance(5_000);
  /** Triggers polls until an event arrives. */
  const pollUntil = (next: Promise<Answer | undefined>) => pollFor(next, poll);
  return { ...gateway, pipeline, follow, poll, pollFor: pollUntil };
}

/** Returns the jobs of a group on the board in an event. */
function jobsOf(event: Answer | undefined, stage: string, group: string) {
  const stages = at(event ?? {}, 'pipelineUpdated.pipeline.board.stages') as {
    name: string;
    groups: { name: string; jobs: unknown[] }[];
  }[];
  const found = stages.find(({ name }) => name === stage)?.groups;
  return found?.find(({ name }) => name === group)?.jobs;
}

describe('the board of a pipeline that is followed', () => {
  it('costs no call beyond those of the poll, and shows a retry as another attempt', async () => {
    const { pipeline, follow, poll, calls, bugs } = await start();
    const events = follow(
      `pipeline { status ${BOARD} } changedJobs { databaseId attempts { databaseId } }`,
    );
    const first = await events.next();
    expect(at(first ?? {}, 'pipelineUpdated.pipeline.board.jobCount')).toBe(7);
    expect(at(first ?? {}, 'pipelineUpdated.changedJobs')).toHaveLength(7);
    expect(calls().sort()).toEqual(round);
    pipeline.jobs.push(
      build(210, 'e2e: [chrome]', { status: 'pending', started_at: null, finished_at: null }),
    );
    poll();
    const second = await events.next();
    expect(jobsOf(second, 'test', 'e2e')).toEqual([
      {
        databaseId: '210',
        status: 'PENDING',
        retried: false,
        attempts: [
          { databaseId: '205', retried: true },
          { databaseId: '210', retried: false },
        ],
      },
    ]);
    expect(at(second ?? {}, 'pipelineUpdated.changedJobs')).toEqual([
      { databaseId: '210', attempts: [{ databaseId: '205' }, { databaseId: '210' }] },
    ]);
    expect(calls().sort()).toEqual(round);
    expect(bugs).toEqual([]);
  });

  it('is read as far as the largest board needs, and each board is cut to its own size', async () => {
    const { follow, pollFor, calls, pipeline } = await start({
      project: 1,
      status: 'running',
      jobs: Array.from({ length: 450 }, (_, index) => build(1000 + index, `job ${index}`)),
      bridges: [],
    });
    const board = (maxJobs: number) => `pipeline { board(maxJobs: ${maxJobs}) { jobCount } }`;
    const countOf = (event: Answer | undefined) =>
      at(event ?? {}, 'pipelineUpdated.pipeline.board.jobCount');
    const small = follow(board(100));
    expect(countOf(await small.next())).toBe(100);
    expect(calls().sort()).toEqual(round);

    const large = follow(board(300));
    expect(countOf(await pollFor(large.next()))).toBe(300);
    expect(countOf(await small.next())).toBe(100);
    const pages = new Set(calls());
    // The pipeline had no trigger jobs, so their list is not read again.
    expect([...pages].sort()).toEqual([path, jobsPage(1), jobsPage(2), jobsPage(3)]);

    pipeline.jobs.push(build(2000, 'job 0'));
    expect(countOf(await pollFor(small.next()))).toBe(100);
  });

  it('has the rows of its own caller only', async () => {
    const own = { project: 1, status: 'running', jobs: [build(300, 'of bob')], bridges: [] };
    const { follow, pollFor, pipeline, bugs } = await start(retriedPipeline(), own);
    const selection = `pipeline { ${BOARD} } changedJobs { databaseId }`;
    const alice = follow(selection);
    const bob = follow(selection, 'glpat-bob');
    const [first, bobsFirst] = await Promise.all([alice.next(), bob.next()]);
    expect(at(first ?? {}, 'pipelineUpdated.pipeline.board.jobCount')).toBe(7);
    expect(at(bobsFirst ?? {}, 'pipelineUpdated.changedJobs')).toEqual([{ databaseId: '300' }]);
    expect(at(bobsFirst ?? {}, 'pipelineUpdated.pipeline.board.jobCount')).toBe(1);

    pipeline.jobs.push(build(210, 'e2e: [chrome]', { status: 'pending' }));
    const second = await pollFor(alice.next());
    expect(at(second ?? {}, 'pipelineUpdated.changedJobs')).toEqual([{ databaseId: '210' }]);
    // A change that only one caller can see causes no event for the other one.
    own.jobs.push(build(301, 'of bob'));
    const bobsSecond = await pollFor(bob.next());
    expect(at(bobsSecond ?? {}, 'pipelineUpdated.changedJobs')).toEqual([{ databaseId: '301' }]);
    expect(jobsOf(bobsSecond, 'test', 'of bob')).toMatchObject([
      { databaseId: '301', attempts: [{ databaseId: '300' }, { databaseId: '301' }] },
    ]);
    expect(bugs).toEqual([]);
  });

  it('costs no call for the downstream pipelines beside it, even if it lacks jobs', async () => {
    const { follow, calls } = await start();
    const event = await follow(
      'pipeline { board(maxJobs: 2) { jobCount } downstream { bridge { databaseId } } }',
    ).next();
    expect(at(event ?? {}, 'pipelineUpdated.pipeline.board.jobCount')).toBe(3);
    expect(calls().sort()).toEqual(round);
  });

  it('never shows a new subscriber rows that are older than the last read', async () => {
    const { pipeline, follow, poll, pollFor, calls, subscriptions } = await start();
    const all = follow(`pipeline { ${BOARD} }`);
    const few = follow('pipeline { board(maxJobs: 1) { jobCount } }');
    await Promise.all([all.next(), few.next()]);
    all.leave();
    await expect.poll(subscriptions).toBe('1');
    // An older job changes, which the board of `few` does not contain.
    Object.assign(pipeline.jobs[0] ?? {}, { status: 'failed' });
    for (let read = 0; read < 3; read += 1) {
      calls();
      poll();
      await expect.poll(() => calls().length).toBeGreaterThan(0);
    }
    const late = await pollFor(follow(`pipeline { ${BOARD} }`).next());
    expect(jobsOf(late, 'build', 'compile')).toMatchObject([{ status: 'FAILED' }]);
  });

  it('does not limit the downstream pipelines beside it', async () => {
    const { pipeline, follow } = await start();
    const [contract] = pipeline.bridges;
    if (contract) pipeline.bridges.push({ ...contract, id: 208, downstream_pipeline: null });
    const event = await follow(
      'pipeline { board(maxJobs: 1) { jobCount } downstream { bridge { databaseId } } }',
    ).next();
    expect(at(event ?? {}, 'pipelineUpdated.pipeline')).toEqual({
      board: { jobCount: 2 },
      downstream: [{ bridge: { databaseId: '207' } }],
    });
  });

  it('is sent if a job is added between the reads of two pages', async () => {
    const jobs = Array.from({ length: 450 }, (_, index) => build(1000 + index, `job ${index}`));
    const busy = {
      project: 1,
      status: 'running',
      bridges: [],
      get jobs() {
        jobs.push(build(1000 + jobs.length, `job ${jobs.length}`));
        return jobs;
      },
    };
    const { follow } = await start(busy);
    const event = await follow(
      'pipeline { board(maxJobs: 200) { jobCount gaps { code } } }',
    ).next();
    const board = 'pipelineUpdated.pipeline.board';
    expect(at(event ?? {}, `${board}.jobCount`)).toBeLessThan(200);
    expect(at(event ?? {}, `${board}.gaps`)).toEqual([{ code: 'TOO_MANY' }]);
  });

  it('goes on if a job of a finished pipeline was just retried', async () => {
    const { pipeline, follow, pollFor } = await start();
    pipeline.status = 'success';
    pipeline.jobs.push(build(210, 'e2e: [chrome]', { status: 'pending', finished_at: null }));
    const events = follow(`pipeline { status ${BOARD} }`);
    const first = await events.next();
    expect(at(first ?? {}, 'pipelineUpdated.pipeline.status')).toBe('SUCCESS');
    pipeline.status = 'running';
    const second = await pollFor(events.next());
    expect(at(second ?? {}, 'pipelineUpdated.pipeline.status')).toBe('RUNNING');
    pipeline.status = 'success';
    pipeline.jobs.push(build(210, 'e2e: [chrome]'));
    pipeline.jobs = pipeline.jobs.filter(({ status }) => status !== 'pending');
    // If a read began before the change, one event may contain the changed job, and only a later
    // event the changed pipeline. So the test checks the last event.
    let last: Answer | undefined;
    for (let event = second; event; event = await pollFor(events.next())) last = event;
    expect(at(last ?? {}, 'pipelineUpdated.pipeline.status')).toBe('SUCCESS');
    expect(jobsOf(last, 'test', 'e2e')).toMatchObject([{ databaseId: '210', status: 'SUCCESS' }]);
  });

  it('refuses a wrong `maxJobs` before any call', async () => {
    const { follow, calls } = await start();
    const event = await follow('pipeline { board(maxJobs: 5000) { jobCount } }').next();
    expect(event?.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(calls()).toEqual([]);
  });
});
