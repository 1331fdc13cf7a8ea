import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTestClock, sendJson } from '../gitlab/upstream.ts';
import {
  type ListedProject,
  type ProjectsOptions,
  paramsOf,
  projectOf,
  startProjects,
} from '../graphql/projects-upstream.ts';
import { type Answer, at } from '../helpers/start-gateway.ts';
import { pollFor, subscribe } from './subscribe.ts';

const QUERY = `subscription ($projects: [ID!]!, $statuses: [CiJobStatus!], $first: Int) {
  jobsUpdated(projects: $projects, statuses: $statuses, first: $first) {
    changedJobs { databaseId status }
    unread { project code }
  }
}`;
const SECRET = 'hook-secret';
const both = ['acme/a', 'acme/b'];

const world = (): Record<string, ListedProject> => ({
  'acme/a': projectOf(1, 110, 107, 101),
  'acme/b': projectOf(2, 109, 108, 100),
});

async function start(options: ProjectsOptions = {}, projects = world()) {
  const time = createTestClock();
  const gateway = await startProjects(projects, {
    ...options,
    live: { clock: time.clock, random: () => 0.5 },
    env: { GITLAB_WEBHOOK_SECRET: SECRET, ...options.env },
  });
  const follow = (variables: Record<string, unknown>, token = 'glpat-alice') =>
    subscribe(gateway, QUERY, { token, variables });
  /** Advances the clock until an event arrives. */
  const pollUntil = (next: Promise<Answer | undefined>, stepMs = 1_000) =>
    pollFor(next, () => time.advance(stepMs));
  /** Sends GitLab's webhook for a job. */
  const hook = (job: number, project: number) =>
    fetch(`${gateway.url}/webhooks/gitlab`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gitlab-token': SECRET },
      body: JSON.stringify({ object_kind: 'build', build_id: job, project_id: project }),
    });
  return { ...gateway, ...time, projects, follow, pollFor: pollUntil, hook };
}

const changesIn = (event: Answer | undefined) =>
  (at(event ?? {}, 'jobsUpdated.changedJobs') as { databaseId: string; status: string }[]).map(
    ({ databaseId, status }) => [Number(databaseId), status],
  );
const idsIn = (event: Answer | undefined) => changesIn(event).map(([id]) => id);
const unreadIn = (event: Answer | undefined) => at(event ?? {}, 'jobsUpdated.unread');

/** Changes members of a job. */
const change = (project: ListedProject | undefined, id: number, more: object) =>
  Object.assign(project?.jobs.find((job) => job.id === id) ?? {}, more);

describe('the jobs of several projects that are followed', () => {
  it('are first the newest of all, then only those that are new or have changed', async () => {
    const { follow, pollFor, projects, calls, bugs } = await start();
    const events = follow({ projects: both, first: 4 });
    expect(idsIn(await events.next())).toEqual([110, 109, 108, 107]);
    expect(calls().map(paramsOf)).toEqual(
      expect.arrayContaining(both.map((project) => ({ project, perPage: 50 }))),
    );
    projects['acme/b']?.jobs.unshift({ id: 111, status: 'pending' });
    expect(changesIn(await pollFor(events.next()))).toEqual([[111, 'PENDING']]);
    change(projects['acme/a'], 101, { status: 'failed' });
    expect(changesIn(await pollFor(events.next()))).toEqual([[101, 'FAILED']]);
    expect(bugs).toEqual([]);
  });

  it('are read at once after a webhook about a job of their project, and only there', async () => {
    const { follow, projects, calls, hook, advance } = await start();
    const events = follow({ projects: both });
    await events.next();
    calls();
    change(projects['acme/b'], 109, { status: 'running' });
    await hook(109, 2);
    const next = events.next();
    advance(1_000);
    expect(changesIn(await next)).toEqual([[109, 'RUNNING']]);
    expect(calls().map(paramsOf)).toMatchObject([{ project: 'acme/b' }]);
  });

  it('are read at once after the first job of a project that is named by its number', async () => {
    const { follow, projects, hook, advance } = await start({}, { 'acme/a': projectOf(1) });
    const events = follow({ projects: ['1'] });
    expect(idsIn(await events.next())).toEqual([]);
    projects['acme/a']?.jobs.unshift({ id: 111 });
    await hook(111, 1);
    const next = events.next();
    advance(1_000);
    expect(idsIn(await next)).toEqual([111]);
  });

  it('are sent once if their project is named by path and by number', async () => {
    const { follow, projects, hook, pollFor, advance } = await start();
    // The path and the numeric id have separate polls. The first one starts 500 ms earlier, so that
    // they do not read at the same time.
    await follow({ projects: ['acme/a'] }).next();
    advance(500);
    const events = follow({ projects: ['acme/a', '1'] });
    expect(idsIn(await events.next())).toEqual([110, 107, 101]);
    change(projects['acme/a'], 107, { status: 'failed' });
    expect(changesIn(await pollFor(events.next(), 100))).toEqual([[107, 'FAILED']]);
    const next = events.next();
    for (let step = 0; step < 100; step++) {
      advance(100);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
    }
    change(projects['acme/a'], 101, { status: 'failed' });
    await hook(101, 1);
    expect(changesIn(await pollFor(next))).toEqual([[101, 'FAILED']]);
  });

  it('are read eight times less often in a project with webhooks', async () => {
    const { follow, calls, hook, advance } = await start();
    await follow({ projects: both }).next();
    await hook(109, 2);
    const readsOf = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 250) {
        advance(250);
        for (let turn = 0; turn < 20; turn++) await setImmediate();
      }
      const made = calls().map(paramsOf);
      return both.map((name) => made.filter(({ project }) => project === name).length);
    };
    await readsOf(5_000);
    const [a = 0, b = 0] = await readsOf(240_000);
    expect(a).toBeGreaterThanOrEqual(60);
    expect(b).toBeLessThanOrEqual(Math.ceil(a / 8) + 1);
    expect(b).toBeGreaterThan(0);
  });

  it('are read once for all subscribers with one credential', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `acme/p${at}`);
    const projects = Object.fromEntries(names.map((name, at) => [name, projectOf(at + 1, at + 1)]));
    const { follow, calls, pollFor } = await start({}, projects);
    const all = Array.from({ length: 40 }, (_, at) =>
      follow({ projects: at % 2 ? names : names.toReversed() }),
    );
    for (const event of await Promise.all(all.map((one) => one.next()))) {
      expect(idsIn(event)).toHaveLength(10);
    }
    expect(calls()).toHaveLength(10);
    change(projects['acme/p3'], 4, { status: 'failed' });
    const next = Promise.all(all.map((one) => one.next()));
    await pollFor(next.then(([first]) => first));
    for (const event of await next) expect(changesIn(event)).toEqual([[4, 'FAILED']]);
  });

  it('are read at most 60 times a minute, however many projects there are', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `acme/p${at}`);
    const projects = Object.fromEntries(names.map((name, at) => [name, projectOf(at + 1, at + 1)]));
    const { follow, calls, advance } = await start({}, projects);
    await follow({ projects: names }).next();
    expect(calls()).toHaveLength(20);
    for (let second = 1; second < 60; second++) {
      advance(1_000);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
    }
    const made = calls().map(paramsOf);
    expect(made.length).toBeLessThanOrEqual(40);
    for (const name of names) {
      expect(made.filter(({ project }) => project === name).length).toBeGreaterThanOrEqual(1);
    }
  });

  it('are followed by id while they are active, after newer ones have displaced them', async () => {
    const { follow, pollFor, projects, calls } = await start();
    const a = projects['acme/a'];
    change(a, 107, { status: 'running' });
    const events = follow({ projects: ['acme/a'] });
    await events.next();
    const newer = Array.from({ length: 60 }, (_, at) => ({ id: 259 - at, status: 'success' }));
    a?.jobs.unshift(...newer);
    expect(idsIn(await pollFor(events.next()))).toEqual(newer.slice(0, 50).map(({ id }) => id));
    calls();
    change(a, 107, { status: 'failed' });
    // A finished job that newer jobs have pushed out of the list is not read again.
    change(a, 101, { status: 'failed' });
    expect(changesIn(await pollFor(events.next()))).toEqual([[107, 'FAILED']]);
    expect(calls().every((call) => !call.includes('/jobs/101'))).toBe(true);
  });

  it('do not include older ones that only take the place of removed ones', async () => {
    const { follow, pollFor, projects } = await start();
    const many = Array.from({ length: 120 }, (_, at) => 400 - at);
    projects['acme/a'] = projectOf(1, ...many);
    const events = follow({ projects: both, first: 4 });
    expect(idsIn(await events.next())).toEqual(many.slice(0, 4));
    projects['acme/a'].jobs.splice(10, 3);
    const next = events.next();
    change(projects['acme/b'], 108, { status: 'failed' });
    expect(idsIn(await pollFor(next))).toEqual([108]);
    change(projects['acme/a'], many[52] ?? 0, { status: 'failed' });
    expect(idsIn(await pollFor(events.next()))).toEqual([many[52]]);
  });

  it('are filtered by status, and sent once more when their status no longer fits', async () => {
    const { follow, pollFor, projects } = await start();
    change(projects['acme/a'], 107, { status: 'running' });
    const events = follow({ projects: both, statuses: ['RUNNING'] });
    expect(idsIn(await events.next())).toEqual([107]);
    change(projects['acme/b'], 109, { status: 'failed' });
    change(projects['acme/a'], 107, { status: 'success' });
    expect(changesIn(await pollFor(events.next()))).toEqual([[107, 'SUCCESS']]);
  });

  it('are those that each caller may see', async () => {
    const seenBy = { 'glpat-bob': { 'acme/a': projectOf(1, 107) } };
    const { follow, pollFor, projects } = await start({ seenBy });
    const alice = follow({ projects: both });
    const bob = follow({ projects: both }, 'glpat-bob');
    expect(idsIn(await alice.next())).toHaveLength(6);
    const first = await bob.next();
    expect(idsIn(first)).toEqual([107]);
    expect(unreadIn(first)).toEqual([{ project: 'acme/b', code: 'NOT_FOUND' }]);
    projects['acme/a']?.jobs.unshift({ id: 111 });
    expect(idsIn(await pollFor(alice.next()))).toEqual([111]);
    // A change that only one caller can see causes no event for the other one.
    seenBy['glpat-bob']['acme/a'].jobs.unshift({ id: 112 });
    expect(idsIn(await pollFor(bob.next()))).toEqual([112]);
  });
});

describe('a followed project that cannot be read', () => {
  it('is in `unread` while that lasts, and the others go on', async () => {
    const failures: Record<string, number> = { 'acme/b': 403 };
    const { follow, pollFor, projects } = await start({
      intercept(_request, response, project) {
        const status = failures[project];
        if (status) sendJson(response, { message: `${status} Refused` }, { status });
        return status !== undefined;
      },
    });
    const events = follow({ projects: both });
    const first = await events.next();
    expect(idsIn(first)).toEqual([110, 107, 101]);
    expect(unreadIn(first)).toEqual([{ project: 'acme/b', code: 'FORBIDDEN' }]);
    change(projects['acme/a'], 110, { status: 'failed' });
    const second = await pollFor(events.next());
    expect(changesIn(second)).toEqual([[110, 'FAILED']]);
    expect(unreadIn(second)).toEqual([{ project: 'acme/b', code: 'FORBIDDEN' }]);
    delete failures['acme/b'];
    const third = await pollFor(events.next());
    expect(idsIn(third)).toEqual([109, 108, 100]);
    expect(unreadIn(third)).toEqual([]);
    failures['acme/a'] = 500;
    const fourth = await pollFor(events.next());
    expect(idsIn(fourth)).toEqual([]);
    expect(unreadIn(fourth)).toEqual([{ project: 'acme/a', code: 'UPSTREAM_UNAVAILABLE' }]);
    delete failures['acme/a'];
    const fifth = await pollFor(events.next());
    expect(idsIn(fifth)).toEqual([]);
    expect(unreadIn(fifth)).toEqual([]);
  });

  it('does not end the subscription if all projects fail alike after the first event', async () => {
    let status: number | undefined = 403;
    const { follow, pollFor } = await start({
      intercept(_request, response) {
        if (status) sendJson(response, { message: `${status} Refused` }, { status });
        return status !== undefined;
      },
    });
    const events = follow({ projects: both });
    expect(unreadIn(await events.next())).toMatchObject([
      { code: 'FORBIDDEN' },
      { code: 'FORBIDDEN' },
    ]);
    status = 500;
    const codes = new Set<unknown>();
    while (!codes.has('UPSTREAM_UNAVAILABLE,UPSTREAM_UNAVAILABLE')) {
      const unread = unreadIn(await pollFor(events.next())) as { code: string }[];
      codes.add(String(unread.map(({ code }) => code)));
    }
    status = undefined;
    const read = new Set<number | string | undefined>();
    while (read.size < 6) for (const id of idsIn(await pollFor(events.next()))) read.add(id);
    expect(read).toEqual(new Set([110, 109, 108, 107, 101, 100]));
  });

  it('is not read again before the time that GitLab asks to wait', async () => {
    const reads: number[] = [];
    let now = () => 0;
    const started = await start({
      intercept(_request, response, project) {
        if (project !== 'acme/b') return false;
        reads.push(now());
        sendJson(response, { message: 'busy' }, { status: 503, headers: { 'retry-after': '40' } });
        return true;
      },
    });
    now = started.clock.now;
    reads.length = 0;
    await started.follow({ projects: both }).next();
    const tried = reads.length;
    for (let second = 0; second < 39; second++) {
      started.advance(1_000);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
    }
    expect(reads).toHaveLength(tried);
    while (reads.length === tried) {
      started.advance(1_000);
      await setImmediate();
    }
  });

  it('has the wait that GitLab asked for at the last read', async () => {
    let reads = 0;
    let retryAfter = '40';
    const started = await start({
      intercept(_request, response, project) {
        if (project !== 'acme/b') return false;
        reads += 1;
        const headers = { 'retry-after': retryAfter };
        sendJson(response, { message: 'busy' }, { status: 503, headers });
        return true;
      },
    });
    const follow = () =>
      subscribe(started, QUERY.replace('code', 'code retryAfter'), {
        token: 'glpat-alice',
        variables: { projects: both },
      });
    const events = follow();
    expect(unreadIn(await events.next())).toMatchObject([{ retryAfter: 40 }]);
    retryAfter = '90';
    const readsBefore = reads;
    while (reads === readsBefore) {
      started.advance(1_000);
      await setImmediate();
    }
    const tried = reads;
    for (let second = 0; second < 89; second++) {
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      started.advance(1_000);
    }
    expect(reads).toBe(tried);
    expect(unreadIn(await follow().next())).toMatchObject([{ retryAfter: 90 }]);
    // The new wait alone is no event for the first subscriber.
    change(started.projects['acme/a'], 110, { status: 'failed' });
    expect(changesIn(await started.pollFor(events.next()))).toEqual([[110, 'FAILED']]);
  });

  it.each([
    [401, 'UNAUTHENTICATED', ['acme/b']],
    [500, 'UPSTREAM_UNAVAILABLE', both],
    [429, 'RATE_LIMITED', both],
  ])('ends the subscription with %i: %s', async (status, code, failing) => {
    const { follow } = await start({
      intercept(_request, response, project) {
        if (!failing.includes(project)) return false;
        sendJson(
          response,
          { message: `${status} Refused` },
          { status, headers: { 'retry-after': '90' } },
        );
        return true;
      },
    });
    const events = follow({ projects: both });
    const all = await events.rest();
    expect(all.at(-1)?.errors).toMatchObject([{ extensions: { code } }]);
    expect(all).toHaveLength(1);
  });

  it.each([
    ['no project', { projects: [] }],
    ['51 projects', { projects: Array.from({ length: 51 }, (_, at) => `acme/p${at}`) }],
    ['first: 51', { projects: both, first: 51 }],
    ['UNKNOWN', { projects: both, statuses: ['UNKNOWN'] }],
  ])('is not read at all with %s', async (_, variables) => {
    const { follow, calls } = await start();
    const event = await follow(variables).next();
    expect(event?.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(calls()).toEqual([]);
  });
});
