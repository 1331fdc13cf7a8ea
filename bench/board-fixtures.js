/*
 * Creates boards: pipelines, each with the rows of its jobs and trigger jobs. The stages run one after another.
 * Each stage has parallel jobs, matrix jobs and single jobs. Every tenth attempt is a retry of the previous job.
 */
import { bridgesOf, pipelines, jobs as samples } from './fixtures.js';

const FIRST_ID = 6_000_000_001;
const FIRST_PIPELINE = 950_000_001;
const BOARDS = 50;

const at = (seconds) => new Date(Date.UTC(2026, 10, 23, 9) + seconds * 1000).toISOString();
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

const usualName = (index, attempts) =>
  [
    `unit ${index % 40} ${index}/${attempts}`,
    `e2e ${index % 40}: [linux, ${index}]`,
    `lint ${index}`,
  ][index % 3];

const timesIn = (stage, index) => ({
  started_at: at(60 * stage + 5),
  finished_at: at(60 * stage + 55 + (index % 5)),
  duration: 50 + (index % 5),
  queued_duration: 3,
});

/**
 * Returns a pipeline and its two lists, newest first: `jobs` with all attempts, and `bridges` (trigger jobs).
 * `messageLength` is the minimum length of the commit message; a long message makes a row large.
 */
export function createBoard(pipeline, options) {
  const { attempts, bridges, stages, firstId = FIRST_ID } = options;
  const { nameOf = usualName, messageLength = 0 } = options;
  const attemptOf = (index) => {
    const job = index % 10 === 9 ? index - 1 : index;
    const sample = samples[index % samples.length];
    const stage = Math.floor((job * stages) / attempts);
    const message = sample.commit.message.padEnd(messageLength, 'It was forgotten. ');
    return {
      ...sample,
      ...timesIn(stage, index),
      id: firstId + index,
      name: nameOf(job, attempts),
      stage: `stage ${stage}`,
      commit: { ...sample.commit, message },
      pipeline,
    };
  };
  const [trigger] = bridgesOf(pipeline);
  const bridgeOf = (index) => ({
    ...trigger,
    ...timesIn(stages - 1, index),
    id: firstId + attempts + index,
    name: `trigger ${index}`,
    stage: `stage ${stages - 1}`,
  });
  return {
    pipeline,
    jobs: times(attempts, attemptOf).reverse(),
    bridges: times(bridges, bridgeOf).reverse(),
  };
}

let created = 0;

/** Creates the board of a new pipeline. No id occurs in an earlier board. */
function createNext(options, more) {
  const id = FIRST_PIPELINE + created;
  const pipeline = { ...pipelines[0], created_at: at(0), ...more, id, iid: id };
  const firstId = FIRST_ID + created * 1_000;
  created += 1;
  return createBoard(pipeline, { stages: 6, firstId, ...options });
}

/** Each board has 100 attempts and 100 trigger jobs, so two calls (of at most 100 rows) can read all 200 rows. */
export const boardsOnTwoPages = times(BOARDS, () => createNext({ attempts: 100, bridges: 100 }));

/** Each board has 200 attempts and 5 trigger jobs, so three calls (of at most 100 rows) can read all rows. */
export const boardsOnThreePages = times(BOARDS, () => createNext({ attempts: 200, bridges: 5 }));

/** A board whose newest job is running. The fake GitLab (double.js) changes that job at each read. */
export const liveBoard = createNext({ attempts: 100, bridges: 100 });
Object.assign(liveBoard.jobs[0], { status: 'running', finished_at: null });

/** Boards by the ids of their pipelines. */
export const boardsById = new Map(
  [...boardsOnTwoPages, ...boardsOnThreePages, liveBoard].map((one) => [one.pipeline.id, one]),
);
