import * as z from 'zod';
import { parseJobId, toGlobalId } from '../../graphql/global-id.ts';
import { type NumberedAddress, resolveAddress, toArguments } from '../address.ts';
import { pipelineAddress, text, whole } from '../arguments.ts';
import { type Answer, nameText } from '../text.ts';
import { defineTool, type Tool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { callText, countText, statusText } from '../words.ts';

/* The tools that change something in GitLab: `retry`, `cancel` and `play`. */

/** An action on jobs, and words for answers about it. */
interface Action {
  name: 'retry' | 'cancel' | 'play';
  mutation: 'jobsRetry' | 'jobsCancel' | 'jobsPlay';
  /** The past participle, such as `retried`. */
  done: string;
  /** Describes the jobs of a pipeline that the action applies to. */
  suitable: string;
  idempotent?: boolean;
  description: string;
}

interface FailureRow {
  message: string;
  code: string;
  retryAfter?: number | null;
}

interface ResultRow {
  id: string;
  name: string | null;
  outcome: 'DONE' | 'NOT_TRIED' | 'PLANNED' | 'REFUSED' | 'UNKNOWN';
  job: { databaseId: string; name: string | null; status: string } | null;
  errors: readonly FailureRow[];
}

interface Payload {
  results: readonly ResultRow[];
  errors: readonly FailureRow[];
}

const documentOf = ({ name, mutation }: Action): string => /* GraphQL */ `
  mutation Mcp${name.charAt(0).toUpperCase()}${name.slice(1)}($input: JobsActionInput!) {
    action: ${mutation}(input: $input) {
      results {
        id name outcome
        job { databaseId name status }
        errors { message code ... on RateLimitedError { retryAfter } }
      }
      errors { message code }
    }
  }
`;

function reasonOf({ errors: [error] }: Pick<ResultRow, 'errors'>): string {
  if (!error) return 'no reason given';
  const wait = error.retryAfter == null ? '' : `; wait ${Math.ceil(error.retryAfter)} s`;
  return `${nameText(error.message, 300)}${wait}`;
}

/** Returns a row about the result for one job. */
function rowOf({ done }: Action, result: ResultRow): string {
  const { id, name, outcome, job } = result;
  const { id: number } = parseJobId(id);
  const known = name ?? job?.name;
  const title = known == null ? `job ${number}` : `${nameText(known)} (job ${number})`;
  const isNew = job !== null && job.databaseId !== number;
  const state = job
    ? `${isNew ? `, now job ${job.databaseId}` : ''}, ${statusText(job.status)}`
    : '';
  const words = {
    DONE: `${done}${state}`,
    PLANNED: `would be ${done}`,
    REFUSED: `refused: ${reasonOf(result)}`,
    NOT_TRIED: `not tried: ${reasonOf(result)}`,
    UNKNOWN: 'sent, but GitLab did not answer: look at the job before you do it again',
  };
  return `${title}: ${words[outcome]}`;
}

interface Asked {
  /** The arguments that select the jobs. */
  which: Readonly<Record<string, unknown>>;
  dryRun: boolean;
}

/**
 * Returns the answer that says what an action did. Throws ToolError if the mutation failed or
 * selected no job.
 */
export function formatAction(
  action: Action,
  { results, errors: [error] }: Payload,
  { which, dryRun }: Asked,
): Answer {
  if (error) {
    const advice = /more than max/.test(error.message) ? ': raise `max`, or give `stage`' : '';
    throw new ToolError(`Nothing was sent. ${nameText(error.message, 300)}${advice}.`);
  }
  if (results.length === 0) {
    throw new ToolError(`Nothing was sent: no job fits. ${action.name} takes ${action.suitable}.`);
  }
  const done = results.filter(({ outcome }) => outcome === 'DONE').length;
  const jobs = countText(results.length, 'job');
  const call = callText(action.name, { ...which, dry_run: false });
  return {
    isError: !dryRun && done === 0,
    head: [
      dryRun
        ? `dry run, nothing was sent; ${jobs} would be ${action.done}:`
        : `${done} of ${jobs} ${action.done}:`,
    ],
    blocks: [
      {
        rows: results.map((result) => rowOf(action, result)),
        after: ({ end }) => [
          ...(end < results.length
            ? [`${countText(results.length - end, 'job')} left out for length`]
            : []),
          ...(dryRun ? [`to do it: ${call}`] : []),
        ],
      },
    ],
  };
}

/** Returns the part of the mutation's input that selects the jobs. */
function whichOf(address: NumberedAddress, stage: string | undefined) {
  const { kind, project, id } = address;
  if (kind === 'pipeline') return { pipeline: { id: toGlobalId('Pipeline', project, id), stage } };
  if (stage === undefined) return { ids: [toGlobalId('Job', project, id)] };
  throw new ToolError('Give `stage` only with a pipeline or ref.');
}

function defineAction(action: Action): Tool {
  const { name, description, idempotent = false } = action;
  const document = documentOf(action);
  return defineTool({
    ...{ name, description, idempotent, writes: true },
    arguments: {
      ...pipelineAddress,
      stage: text.describe('Of a pipeline: only its jobs'),
      max: whole(5, 1, 20),
      dry_run: z.boolean().optional().describe('Default: false for a job, true for a pipeline'),
    },
    async run({ dry_run: given, stage, max, ...args }, call) {
      const address = await resolveAddress(args, call);
      const dryRun = given ?? address.kind === 'pipeline';
      const input = { ...whichOf(address, stage), max, dryRun };
      const { action: payload } = await call.execute<{ action: Payload }>(document, { input });
      const which = { ...toArguments(address), ...(stage !== undefined && { stage }), max };
      return formatAction(action, payload, { which, dryRun });
    },
  });
}

export const retry = defineAction({
  name: 'retry',
  mutation: 'jobsRetry',
  done: 'retried',
  suitable: 'failed and canceled jobs',
  description: 'Retries a job, or the failed and canceled jobs of a pipeline or stage.',
});

export const cancel = defineAction({
  name: 'cancel',
  mutation: 'jobsCancel',
  done: 'canceled',
  suitable: 'jobs that are not finished',
  idempotent: true,
  description: 'Cancels a job, or the unfinished jobs of a pipeline or stage.',
});

export const play = defineAction({
  name: 'play',
  mutation: 'jobsPlay',
  done: 'played',
  suitable: 'manual and delayed jobs',
  description: 'Starts a manual or delayed job, or those of a pipeline or stage. It may deploy.',
});
