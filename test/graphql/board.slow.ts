import { expect, it } from 'vitest';
import { serveProgram } from '../app/start-program.ts';
import { aJob, sendJson, startUpstream } from '../gitlab/upstream.ts';
import { measureSlowness } from '../helpers/machine-speed.ts';

const ATTEMPTS = 2_000;
const OPERATIONS = 9;
/**
 * Maximum time in ms that the event loop is blocked, on the reference machine. The second one is
 * for names of 250 characters, which make the pages and the response several times as long.
 */
const MAX_BLOCK = 20;
const MAX_BLOCK_OF_LONG_NAMES = 30;

const QUERY = `{ pipeline(project: "42", id: "9") { board(maxJobs: ${ATTEMPTS}) {
  jobCount statusCounts { count } timeline { elapsed criticalPath { job { name } } }
  stages { startedAt finishedAt groups { name jobs {
    name status detailedStatus { text } duration attempts { id } } } } } } }`;

/** Starts a GitLab that serves the pages of a pipeline with 2,000 attempts of jobs. */
function startLargePipeline(nameOf: (id: number) => string) {
  return startUpstream(({ url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://gitlab');
    const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('per_page'))];
    const count = pathname.endsWith('/jobs') ? ATTEMPTS : 0;
    const newest = count - (page - 1) * size;
    const ids = Array.from({ length: Math.min(size, count) }, (_, index) => newest - index);
    const rows = ids.map((id) =>
      aJob(id, {
        name: nameOf(id),
        started_at: '2026-11-23T08:00:00.000Z',
        finished_at: '2026-11-23T08:01:00.000Z',
        commit: { id: 'a', message: 'x'.repeat(4_000) },
        pipeline: { id: 9, project_id: 42 },
      }),
    );
    const next = page * size < count ? String(page + 1) : '';
    sendJson(response, rows, { headers: { 'x-total': String(count), 'x-next-page': next } });
  });
}

it.each([
  ['matrix jobs', MAX_BLOCK, (id: number) => `test: [linux, ${id}]`],
  [
    '255 digits',
    MAX_BLOCK_OF_LONG_NAMES,
    (id: number) => `${'1'.repeat(250)}${String(id).padStart(5, '0')}`,
  ],
  [
    'digits and letters in turns',
    MAX_BLOCK_OF_LONG_NAMES,
    (id: number) => `${'a1'.repeat(125)}${id}`,
  ],
] as const)(
  'a board of 2,000 attempts, with names of %s, blocks for less than %i ms of the reference machine',
  async (_, maxBlock, nameOf) => {
    const upstream = await startLargePipeline(nameOf);
    const probe = new URL('./longest-block.js', import.meta.url).href;
    const env = { GITLAB_URL: upstream.url, NODE_OPTIONS: `--import ${probe}` };
    const { query, child, output } = await serveProgram(env);
    const blocks = () =>
      Array.from(output().matchAll(/Longest block: (\S+) ms/g), ([, ms]) => Number(ms));
    for (let operation = 1; operation <= OPERATIONS; operation += 1) {
      const { data } = (await (await query(QUERY)).json()) as {
        data: { pipeline: { board: { jobCount: number } } };
      };
      expect(data.pipeline.board.jobCount).toBe(ATTEMPTS);
      child.kill('SIGUSR2');
      await expect.poll(blocks).toHaveLength(operation);
    }
    // Skips the first two operations: the first includes the start of the program, and the second
    // runs code that V8 has not compiled yet.
    const [median = Number.NaN] = blocks()
      .slice(2)
      .sort((a, b) => a - b)
      .slice((OPERATIONS - 2) >> 1);
    expect(median).toBeLessThan(maxBlock * measureSlowness());
  },
);
