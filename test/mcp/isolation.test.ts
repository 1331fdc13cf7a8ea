import { expect, it } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { callTool, startMcp } from '../helpers/mcp.ts';
import { runs } from '../helpers/runs.ts';

/*
 * Two callers each have a project that the other may not see. Both call all tools for both projects
 * through one gateway, many at the same time.
 */

const CALLS = runs(1_000);
const LIVE_CALLS = 64;
const CONCURRENT = 20;

const callers = ['alice', 'bob'].map((name, index) => ({
  name,
  project: `group/of-${name}`,
  pipeline: String(42 + index),
  job: String(1_000 * (index + 1)),
  headers: [
    { 'private-token': `glpat-${name}` },
    { authorization: `Bearer glpat-${name}` },
  ] as Record<string, string>[],
}));

function createPrivateProjects() {
  const world = createWorld();
  for (const { name, project: path, pipeline: pipelineId, job } of callers) {
    world.addUser({ username: name });
    world.addToken({ user: name, value: `glpat-${name}` });
    const id = Number(pipelineId);
    const project = world.addProject({ id, path, members: { [name]: 'maintainer' } });
    const pipeline = world.addPipeline(project, { id, ref: `secret-of-${name}` });
    for (let index = 0; index < 5; index += 1) {
      world.addJob(pipeline, {
        id: Number(job) + index,
        name: `secret-of-${name}-${index}`,
        status: 'failed',
        log: `secret-of-${name}\nERROR: secret-of-${name}\n`,
      });
    }
  }
  return world;
}

/**
 * Returns calls of each tool. Tools with `isMerged` list the readable projects instead of failing.
 * Tools with `isLive` are called only among the first LIVE_CALLS calls, because the rate limit of
 * live updates allows only a few of them per minute.
 */
const requests = (about: (typeof callers)[number]) => {
  const { project, pipeline, job } = about;
  return [
    { tool: 'why_failed', args: { project, pipeline } },
    { tool: 'why_failed', args: { project, ref: `secret-of-${about.name}` } },
    { tool: 'pipeline_board', args: { project, pipeline, only: 'all' } },
    { tool: 'read_log', args: { project, job } },
    { tool: 'search_log', args: { project, job, any_of: ['error'] } },
    { tool: 'job_history', args: { project, job } },
    { tool: 'wait', args: { project, pipeline }, isLive: true },
    { tool: 'list_jobs', args: { projects: callers.map((each) => each.project) }, isMerged: true },
  ];
};

it('never shows one caller’s data to another in interleaved calls of all tools', async () => {
  const { url } = await startMcp({ simulator: { world: createPrivateProjects() } });
  const outcomes = { own: 0, refused: 0 };
  const callOne = async (number: number) => {
    const caller = callers[number % 2];
    const about = callers[(number >> 1) % 2];
    if (!caller || !about) throw new Error('no such caller');
    const asked = requests(about).filter(({ isLive }) => number < LIVE_CALLS || !isLive);
    const { tool, args, isMerged } = asked[(number >> 2) % asked.length] ?? {};
    if (!tool || !args) throw new Error('no such tool');
    const { text, isError } = await callTool(
      url,
      tool,
      args,
      caller.headers[(number >> 5) % caller.headers.length],
    );
    const isOwn = caller === about || isMerged === true;
    const other = caller.name === 'alice' ? 'bob' : 'alice';
    // The text repeats the requested branch, even if the branch does not exist.
    const shown = text.replaceAll(String('ref' in args ? args.ref : '\0'), '');
    expect(shown).not.toContain(`secret-of-${other}`);
    if (isOwn)
      expect([text, isError]).toEqual([expect.stringContaining(`secret-of-${caller.name}`), false]);
    else expect(isError).toBe(true);
    outcomes[isOwn ? 'own' : 'refused'] += 1;
  };
  let next = 0;
  const callInTurn = async () => {
    while (next < CALLS) {
      const number = next;
      next += 1;
      await callOne(number);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, callInTurn));
  expect(outcomes.own + outcomes.refused).toBe(CALLS);
  expect(Math.min(outcomes.own, outcomes.refused)).toBeGreaterThan(CALLS / 4);
});
