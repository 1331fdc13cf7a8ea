import { expect, it } from 'vitest';
import { createWorld } from '../../src/simulator/world.ts';
import { createDice, type Dice } from '../helpers/dice.ts';
import { runs } from '../helpers/runs.ts';
import { type Started, startGateway } from '../helpers/start-gateway.ts';

const ROUNDS = runs(60);

/*
 * Two callers with different permissions send the same queries with each kind of credential, while
 * requests fail and callers disconnect. No response may contain data of the other caller. A caller
 * who may see an object must never get null for it.
 */

/**
 * The callers. Each has a project that only this caller may see. `ways` are the headers of each
 * kind of credential.
 */
const callers = ['alice', 'bob'].map((name, at) => ({
  name,
  project: 42 + at,
  firstJob: 1000 * (at + 1),
  ways: [
    { 'private-token': `glpat-${name}` },
    { authorization: `Bearer glpat-${name}` },
    { authorization: `Bearer oauth-${name}` },
    { 'job-token': `glcbt-${name}` },
  ] as Record<string, string>[],
}));

function world() {
  const made = createWorld();
  for (const { name, project: id, firstJob } of callers) {
    made.addUser({ username: name });
    made.addToken({ user: name, value: `glpat-${name}` });
    made.addToken({ user: name, value: `oauth-${name}`, kind: 'oauth' });
    const project = made.addProject({
      id,
      path: `group/of-${name}`,
      members: { [name]: 'maintainer' },
    });
    const pipeline = made.addPipeline(project, { id, ref: `secret-of-${name}` });
    for (let job = 0; job < 60; job++) {
      made.addJob(pipeline, {
        id: firstJob + job,
        name: `secret-of-${name}-${job}`,
        log: `secret-of-${name}`,
      });
    }
    const running = made.addJob(pipeline, {
      id: firstJob + 60,
      status: 'running',
      plan: { frozen: true },
    });
    made.addToken({ user: name, value: `glcbt-${name}`, kind: 'job', job: running });
  }
  return made;
}

/** Returns the queries, which both callers send about both projects. */
const questions = (project: number, firstJob: number) => [
  {
    text: `{ job(project: "${project}", id: "${firstJob}") { name pipeline { ref } } }`,
    jobToken: true,
  },
  {
    text: `{ project(fullPath: "${project}") { jobs(first: 5) { nodes { name } } } }`,
    jobToken: true,
  },
  {
    text: `{ project(fullPath: "${project}") { pipelines(first: 5) { nodes { ref } } } }`,
    jobToken: true,
  },
  {
    text: `{ project(fullPath: "${project}") { name jobs(last: 2) { nodes { name } } } }`,
    jobToken: false,
  },
  {
    text: `{ a: job(project: "${project}", id: "${firstJob + 3}") { name } b: job(project: "${project}", id: "${firstJob + 9}") { name } }`,
    jobToken: true,
  },
  {
    text: `{ job(project: "${project}", id: "${firstJob}") { trace { text(format: RAW) } } }`,
    jobToken: false,
  },
  {
    // In these tests, the id of a pipeline is the numeric id of its project.
    text: `{ pipeline(project: "${project}", id: "${project}") { retryable board { stages { groups { jobs { name attempts { name } } } } } } }`,
    jobToken: false,
  },
  {
    text: `{ job(project: "${project}", id: "${firstJob + 5}") { attempts { name } } }`,
    jobToken: false,
  },
  { text: '{ currentJob { pipeline { ref } } rateLimit { remaining } }', jobToken: true },
];

// A 429 is not included, because after it the caller's calls would wait for the rest of the test.
const faults = ['502', '500', 'reset', 'html', 'truncated'] as const;

async function askAtRandom(started: Started, dice: Dice): Promise<string> {
  const caller = callers[dice(2)] as (typeof callers)[number];
  const about = callers[dice(2)] as (typeof callers)[number];
  const way = caller.ways[dice(caller.ways.length)] as Record<string, string>;
  const asked = questions(about.project, about.firstJob);
  const question = asked[dice(asked.length)] as (typeof asked)[number];
  const leaving = dice(5) === 0 ? new AbortController() : undefined;
  const answer = started.query(question.text, {
    token: null,
    headers: way,
    ...(leaving && { signal: leaving.signal }),
  });
  if (leaving) setImmediate(() => leaving.abort());
  const outcome = await answer.catch(() => undefined);
  if (!outcome) return 'left';
  const other = callers.find((someone) => someone !== caller) as (typeof callers)[number];
  const text = JSON.stringify(outcome);
  expect(text).not.toContain(`secret-of-${other.name}`);
  if (outcome.errors) return 'failed';
  const mayKnow = caller === about && (question.jobToken || !('job-token' in way));
  if (mayKnow && !question.text.includes('currentJob'))
    expect(text).toContain(`secret-of-${caller.name}`);
  return mayKnow ? 'answered' : 'hidden';
}

it('never shows one caller’s data to another, and never hides it from its owner', async () => {
  const started = await startGateway({
    simulator: { world: world(), jobsIndexLimit: 0, latencyMs: 1 },
  });
  const dice = createDice(20_261_123);
  const outcomes: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 3 === 2)
      started.simulator.fail({
        kind: faults[dice(faults.length)] ?? '502',
        times: 3,
        retryAfter: 0,
      });
    const asked = Array.from({ length: 50 }, () => askAtRandom(started, dice));
    for (const outcome of await Promise.all(asked))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    started.simulator.clearFaults();
  }
  expect(started.bugs).toEqual([]);
  // The test proves something only if each outcome occurred often.
  expect(outcomes['answered']).toBeGreaterThan(ROUNDS * 8);
  expect(outcomes['hidden']).toBeGreaterThan(ROUNDS * 8);
  expect(outcomes['left']).toBeGreaterThan(ROUNDS * 1.6);
  expect(outcomes['failed']).toBeGreaterThan(ROUNDS / 12);
});
