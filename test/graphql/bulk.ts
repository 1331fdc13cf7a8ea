import { toGlobalId } from '../../src/graphql/global-id.ts';
import { type Answer, at } from '../helpers/start-gateway.ts';

export const jobId = (id: number | string, project = 1) => toGlobalId('Job', project, id);

const errors = 'errors { __typename code message ... on RateLimitedError { retryAfter } }';
const payload = `results { id name outcome job { databaseId name status } ${errors} }
  done refused notTried unknown ${errors} clientMutationId`;

export type Mutation = 'jobsRetry' | 'jobsCancel' | 'jobsPlay';
type Asks = { query(query: string, options?: object): Promise<Answer> };

/** Sends a bulk mutation that selects all fields of the payload, and three fields of each job. */
export const runBulk = ({ query }: Asks, mutation: Mutation, input: object, options: object = {}) =>
  query(`mutation ($input: JobsActionInput!) { ${mutation}(input: $input) { ${payload} } }`, {
    variables: { input },
    ...options,
  });

/** An item of `results`, as `runBulk` selects it. */
export interface Result {
  id: string;
  name: string | null;
  outcome: string;
  job: { databaseId: string; name: string; status: string } | null;
  errors: { __typename: string; code: string; message: string; retryAfter?: number }[];
}

export const resultsOf = (answer: Answer, mutation: Mutation) =>
  at(answer, `${mutation}.results`) as Result[];

/** Returns the outcome of each job: `['301 DONE', '302 REFUSED JOB_NOT_RETRYABLE']`. */
export const outcomesOf = (answer: Answer, mutation: Mutation) =>
  resultsOf(answer, mutation).map(({ id, outcome, errors }) =>
    [Buffer.from(id, 'base64url').toString().split(':').at(-1), outcome, errors[0]?.code]
      .filter(Boolean)
      .join(' '),
  );

/** GitLab's responses for a job in the wrong state, and for too many requests for one job. */
export const notRetryable = { message: '403 Forbidden - Job is not retryable' };
export const tooMany = {
  message: { error: 'This endpoint has been requested too many times.' },
};
