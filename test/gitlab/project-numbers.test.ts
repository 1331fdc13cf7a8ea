import { describe, expect, it } from 'vitest';
import { createProjectNumbers } from '../../src/gitlab/project-numbers.ts';
import {
  aJob,
  connect,
  createTestClock,
  sendJson,
  startUpstream,
  tokenOf,
  type Upstream,
} from './upstream.ts';

const alice = { digest: 'alice' };
const bob = { digest: 'bob' };
const TEN_MINUTES = 600_000;

describe('remembered numbers of projects', () => {
  const create = () => {
    const { clock, advance } = createTestClock();
    return { projects: createProjectNumbers(clock), advance };
  };

  it('are kept per credential, whatever the case of the path', () => {
    const { projects } = create();
    projects.learn(alice, 'Group/App', { number: '42' });
    expect(projects.find(alice, 'group/aPP')).toMatchObject({ number: '42' });
    expect(projects.find(bob, 'Group/App')).toBeUndefined();
  });

  it('are kept for ten minutes, renewed by each response to a call by the path', () => {
    const { projects, advance } = create();
    projects.learn(alice, 'group/app', { number: '42' });
    advance(TEN_MINUTES - 1);
    expect(projects.find(alice, 'group/app')).toBeDefined();
    projects.learn(alice, 'group/app', { number: '42' });
    advance(TEN_MINUTES - 1);
    expect(projects.find(alice, 'group/app')).toBeDefined();
    advance(1);
    expect(projects.find(alice, 'group/app')).toBeUndefined();
  });

  it('are not renewed by rows that were read by the number', () => {
    const { projects, advance } = create();
    projects.learn(alice, 'old/name', { number: '42', onlyByNumber: true });
    advance(TEN_MINUTES - 1);
    projects.learn(alice, 'old/name', { number: '42', fullPath: 'group/app' });
    expect(projects.find(alice, 'old/name')).toMatchObject({
      fullPath: 'group/app',
      onlyByNumber: true,
    });
    advance(1);
    expect(projects.find(alice, 'old/name')).toBeUndefined();
  });

  it('are replaced if the path has passed to another project', () => {
    const { projects } = create();
    projects.learn(alice, 'a/b', { number: '42', fullPath: 'x/y', onlyByNumber: true });
    projects.learn(alice, 'a/b', { number: '43' });
    const found = projects.find(alice, 'a/b');
    expect(found).toMatchObject({ number: '43' });
    expect([found?.fullPath, found?.onlyByNumber]).toEqual([undefined, undefined]);
  });

  it('are forgotten by path or number, for the caller alone', () => {
    const { projects } = create();
    for (const caller of [alice, bob]) {
      for (const path of ['a/b', 'c/d']) projects.learn(caller, path, { number: '42' });
      projects.learn(caller, 'e/f', { number: '43' });
    }
    projects.forget(alice, '42');
    projects.forget(alice, 'E/F');
    const found = (caller: typeof alice) =>
      ['a/b', 'c/d', 'e/f'].map((path) => projects.find(caller, path)?.number);
    expect(found(alice)).toEqual([undefined, undefined, undefined]);
    expect(found(bob)).toEqual(['42', '42', '43']);
  });

  it('ignore names that are numbers, and projects without a number', () => {
    const { projects } = create();
    projects.learn(alice, '42', { number: '43' });
    projects.learn(alice, 'a/b', { number: 'a/b' });
    expect([projects.find(alice, '42'), projects.find(alice, 'a/b')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('are bounded per credential and in total: one caller with many does not displace the rest', () => {
    const { projects } = create();
    for (let at = 0; at < 600; at++) projects.learn(alice, `a/p${at}`, { number: '1' });
    expect(projects.find(alice, 'a/p99')).toBeUndefined();
    expect(projects.find(alice, 'a/p100')).toBeDefined();
    projects.learn(bob, 'b/p', { number: '2' });
    for (let at = 0; at < 100_000; at++) projects.learn(alice, `a/q${at}`, { number: '1' });
    expect(projects.find(bob, 'b/p')).toBeDefined();
    for (let at = 0; at < 20_000; at++) {
      projects.learn({ digest: `d${at}` }, 'a/b', { number: '1' });
    }
    expect(projects.find(alice, 'a/q99999')).toBeUndefined();
    expect(projects.find({ digest: 'd19999' }, 'a/b')).toBeDefined();
  });
});

/**
 * Starts a GitLab with project 42, whose path was `old/name` before a rename. `state.newOwner` is
 * the id of the project that has this path now; undefined if no project has it.
 */
async function startRenamed() {
  const state = { newOwner: undefined as string | undefined };
  const upstream = await startUpstream(({ url = '' }, response) => {
    const moved = url.replace('old%2Fname', '42');
    const isById = moved === url;
    const project = isById ? /projects\/(\d+)/.exec(url)?.[1] : state.newOwner;
    if (!project) {
      response.writeHead(301, { location: `https://gitlab.example${moved}` }).end('moved');
    } else if (project === '42' && url.endsWith('/jobs/7')) sendJson(response, aJob(7));
    else if (project === state.newOwner && url.endsWith('/jobs/8')) {
      sendJson(response, aJob(8, { pipeline: { id: 9, project_id: Number(project) } }));
    } else sendJson(response, { message: '404 Not found' }, { status: 404 });
  });
  return { upstream, state };
}

const takeLog = ({ log }: Upstream) =>
  log.splice(0).map((line) => line.replace('GET /api/v4/projects/', ''));

describe('a renamed project', () => {
  const old = (id: string) => ({ project: 'old/name', id });

  it('is read by its number after the first redirect, and reported once', async () => {
    const { upstream } = await startRenamed();
    const moves: unknown[] = [];
    const { as, transport } = connect(upstream.url, { onMoved: (move) => moves.push(move) });
    const gitlab = as(tokenOf('alice'));
    await gitlab.getJob(old('7'));
    expect(takeLog(upstream)).toEqual(['old%2Fname/jobs/7', '42/jobs/7']);
    await gitlab.getJob({ project: 'Old/Name', id: '7' });
    expect(takeLog(upstream)).toEqual(['42/jobs/7']);
    expect(gitlab.findProject('old/name')).toMatchObject({ number: '42' });
    // What one caller has learned is not used for another caller, who may have other permissions.
    await as(tokenOf('bob')).getJob(old('7'));
    expect(takeLog(upstream)).toHaveLength(2);
    expect(moves).toEqual([{ path: 'old/name', number: '42' }]);
    expect(transport.projects.find(tokenOf('eve'), 'old/name')).toBeUndefined();
  });

  it('is not confused with the project that has its path now', async () => {
    const { upstream, state } = await startRenamed();
    const gitlab = connect(upstream.url).as(tokenOf('alice'));
    await gitlab.getJob(old('7'));
    state.newOwner = '43';
    takeLog(upstream);
    expect(await gitlab.getJob(old('8'))).toMatchObject({ id: 8, project_id: '43' });
    expect(takeLog(upstream)).toEqual(['42/jobs/8', 'old%2Fname/jobs/8']);
    await gitlab.getJob(old('8'));
    expect(takeLog(upstream)).toEqual(['old%2Fname/jobs/8']);
    expect(gitlab.findProject('old/name')).toMatchObject({ number: '43' });
  });

  it('has no job that it does not have: one more call, and the number stays known', async () => {
    const { upstream } = await startRenamed();
    const gitlab = connect(upstream.url).as(tokenOf('alice'));
    await gitlab.getJob(old('7'));
    takeLog(upstream);
    await expect(gitlab.getJob(old('9'))).rejects.toMatchObject({ status: 404 });
    expect(takeLog(upstream)).toEqual(['42/jobs/9', 'old%2Fname/jobs/9']);
    await gitlab.getJob(old('7'));
    expect(takeLog(upstream)).toEqual(['42/jobs/7']);
  });
});

describe('a proxy that decodes the slash of a path', () => {
  const start = async () => {
    const upstream = await startUpstream(({ url = '' }, response) => {
      const isByPath = url.includes('%2F');
      if (isByPath) sendJson(response, { error: '404 Not Found' }, { status: 404 });
      else if (url.endsWith('/jobs/7')) sendJson(response, aJob(7));
      else if (url.endsWith('/projects/42')) {
        sendJson(response, { id: 42, path_with_namespace: 'group/app' });
      } else sendJson(response, { message: '404 Not found' }, { status: 404 });
    });
    return { upstream, gitlab: connect(upstream.url).as(tokenOf('alice')) };
  };
  const job = { project: 'group/app', id: '7' };

  it('needs no path once the number of the project is known', async () => {
    const { upstream, gitlab } = await start();
    await expect(gitlab.getJob(job)).rejects.toMatchObject({ noSuchRoute: true });
    await gitlab.getProject('42');
    takeLog(upstream);
    expect(await gitlab.getJob(job)).toMatchObject({ id: 7 });
    expect(takeLog(upstream)).toEqual(['group%2Fapp/jobs/7', '42/jobs/7']);
    expect(await gitlab.getJob(job)).toMatchObject({ id: 7 });
    expect(takeLog(upstream)).toEqual(['42/jobs/7']);
  });

  it('does not turn a missing job into an error', async () => {
    const { gitlab } = await start();
    await gitlab.getProject('42');
    await gitlab.getJob(job);
    const missing = gitlab.getJob({ ...job, id: '8' });
    await expect(missing).rejects.toMatchObject({ code: 'GITLAB_STATUS', status: 404 });
    expect(gitlab.findProject('group/app')).toMatchObject({ number: '42' });
  });
});

it('forgets a project at a 404 of GitLab, not of its router', async () => {
  let answer: [number, unknown] = [200, aJob(7)];
  const upstream = await startUpstream((_, response) =>
    sendJson(response, answer[1], { status: answer[0] }),
  );
  const gitlab = connect(upstream.url).as(tokenOf('alice'));
  const read = async (project: string) => {
    await gitlab.getJob({ project, id: '7' }).catch(() => {});
    return gitlab.findProject('a/b')?.number;
  };
  expect(await read('a/b')).toBe('42');
  answer = [404, { error: '404 Not Found' }];
  expect(await read('c/d')).toBe('42');
  answer = [404, { message: '404 Not found' }];
  expect(await read('42')).toBe('42');
  expect(await read('a/b')).toBeUndefined();
  answer = [200, aJob(7)];
  expect(await read('a/b')).toBe('42');
  answer = [404, { message: '404 Project Not Found' }];
  expect(await read('42')).toBeUndefined();
});
