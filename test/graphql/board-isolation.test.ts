import { expect, it } from 'vitest';
import { runs } from '../helpers/runs.ts';
import type { Started } from '../helpers/start-gateway.ts';
import { build, type Row, startPipelines, type UpstreamPipeline } from './pipeline-upstream.ts';

/*
 * Two callers read one pipeline. GitLab shows them different rows. Each must receive what a gateway
 * without other callers returns.
 */

const ROUNDS = runs(20);

/** Returns the pipeline that GitLab shows a caller: jobs, a retry and a downstream pipeline. */
function pipelineOf(caller: string, jobs: number): Record<number, UpstreamPipeline> {
  const rows: Row[] = Array.from({ length: jobs }, (_, at) =>
    build(1000 + at, `of ${caller} ${at}`),
  );
  rows.push(build(2000, `of ${caller} 0`, { status: 'failed' }));
  const downstream = { id: 950 + jobs, project_id: 2, status: 'success', ref: `of-${caller}` };
  const bridges = [build(2001, `of ${caller}`, { downstream_pipeline: downstream })];
  return { 900: { project: 1, status: 'failed', jobs: rows, bridges } };
}

const callers = { 'glpat-alice': pipelineOf('alice', 130), 'glpat-bob': pipelineOf('bob', 3) };
const tokens = Object.keys(callers) as (keyof typeof callers)[];

const questions = [
  `board { jobCount stages { groups { name jobs { databaseId name attempts { databaseId status } } } } }`,
  'retryable detailedStatus { action } board(maxJobs: 50) { failedJobs { name } gaps { code } }',
  'jobs(first: 3) { nodes { name attempts { name } } }',
  'downstream { pipeline { databaseId ref } bridge { name } }',
  'board { timeline { criticalPath { job { name } } } } bridges { nodes { name attempts { name } } }',
].map((selection) => `{ pipeline(project: "1", id: "900") { ${selection} } }`);

/**
 * All responses have the same ETag, so a response that is cached for one caller would also match
 * the request of the other.
 */
const start = () => startPipelines({}, { seenBy: callers, etag: '"same"' });

const ask = async ({ query }: Started, token: string, text: string) => {
  const { data, errors } = await query(text, { token });
  expect(errors).toBeUndefined();
  return JSON.stringify(data);
};

it('boards, attempts and downstream pipelines of two callers never mix', async () => {
  const expected = new Map<string, string>();
  for (const token of tokens) {
    const alone = await start();
    for (const text of questions) expected.set(token + text, await ask(alone, token, text));
  }
  expect(new Set(expected.values()).size).toBe(tokens.length * questions.length);
  const shared = await start();
  for (let round = 0; round < ROUNDS; round++) {
    const asked = questions.flatMap((text) => tokens.map((token) => ({ token, text })));
    // Each round begins with the next request of the list, so that the rounds begin with different
    // callers and queries.
    const turned = [...asked.slice(round % asked.length), ...asked.slice(0, round % asked.length)];
    await Promise.all(
      turned.map(async ({ token, text }) => {
        expect(await ask(shared, token, text)).toBe(expected.get(token + text));
      }),
    );
  }
  expect(shared.bugs).toEqual([]);
});
