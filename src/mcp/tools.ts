import type { Tool } from './tool.ts';
import { cancel, play, retry } from './tools/actions.ts';
import { jobHistory } from './tools/job-history.ts';
import { listJobs } from './tools/list-jobs.ts';
import { pipelineBoard } from './tools/pipeline-board.ts';
import { readLog } from './tools/read-log.ts';
import { searchLog } from './tools/search-log.ts';
import { wait } from './tools/wait.ts';
import { whyFailed } from './tools/why-failed.ts';

/** All tools, in the order of tools/list. */
export const tools: readonly Tool[] = [
  whyFailed,
  pipelineBoard,
  readLog,
  searchLog,
  listJobs,
  jobHistory,
  wait,
  retry,
  cancel,
  play,
];
