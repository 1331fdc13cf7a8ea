import type { GitlabError } from '../gitlab/errors.ts';
import {
  GitlabRateLimitError,
  GitlabStatusError,
  isGitlabError,
  mayHaveHappened,
} from '../gitlab/errors.ts';
import { builder } from './builder.ts';
import { type ErrorCode, isEnded, viewError } from './client-errors.ts';

/** An error of a mutation as data. `type` is the object type. */
export interface MutationFailure {
  type: (typeof failureTypes)[number][0];
  code: string;
  message: string;
  retryAfter?: number | null;
}

const failureTypes = [
  [
    'NotFoundError',
    'The job does not exist or is not visible to the caller. GitLab does not distinguish these.',
  ],
  ['ForbiddenError', 'The credential does not permit this.'],
  [
    'JobStateError',
    'The state of the job does not permit this. The code is JOB_NOT_RETRYABLE, JOB_NOT_ERASABLE or JOB_NOT_PLAYABLE.',
  ],
  ['InvalidInputError', 'GitLab rejected the input of the request.'],
  [
    'ConflictError',
    'GitLab is already changing this job or project. Read the job again, then retry.',
  ],
  [
    'UpstreamUnavailableError',
    'GitLab could not be reached, is in maintenance mode, or another server answered instead. Nothing was changed; a retry is safe.',
  ],
  [
    'OutcomeUnknownError',
    'The request was sent, but there was no usable response: the change may have been made. Read the job before a retry.',
  ],
  ['RateLimitedError', 'The rate limit of GitLab was exceeded. Nothing was changed.'],
] as const;

/** The interface of the errors in payloads. */
export const MutationError = builder.interfaceRef<MutationFailure>('MutationError').implement({
  description:
    'An error that a caller can handle. Select `__typename` or `code` to distinguish them.',
  resolveType: (failure) => failure.type,
  fields: (t) => ({
    message: t.exposeString('message', {
      nullable: false,
      description: 'The error message, from GitLab if it sent one.',
    }),
    code: t.exposeString('code', {
      nullable: false,
      description: 'The error code for programs.',
    }),
  }),
});

for (const [name, description] of failureTypes) {
  builder.objectRef<MutationFailure>(name).implement({
    description,
    interfaces: [MutationError],
    fields: (t) => ({
      ...(name === 'RateLimitedError' && {
        retryAfter: t.exposeFloat('retryAfter', {
          description: 'Seconds to wait before a retry. Null if GitLab does not say.',
        }),
      }),
    }),
  });
}

/** GitLab's messages for a job in the wrong state (upstream.md §2.9–2.11). */
const stateCodes = [
  [/not retryable/i, 'JOB_NOT_RETRYABLE'],
  [/not erasable/i, 'JOB_NOT_ERASABLE'],
  [/unplayable job/i, 'JOB_NOT_PLAYABLE'],
] as const;

/** The message of older servers in maintenance mode, with status 403 (upstream.md §6). */
const READ_ONLY = /read-only instance/i;

const typeOfCode: Partial<Record<ErrorCode, MutationFailure['type']>> = {
  NOT_FOUND: 'NotFoundError',
  FORBIDDEN: 'ForbiddenError',
  BAD_USER_INPUT: 'InvalidInputError',
  CONFLICT: 'ConflictError',
};

const outcomeUnknown: MutationFailure = {
  type: 'OutcomeUnknownError',
  code: 'OUTCOME_UNKNOWN',
  message:
    'GitLab sent no usable response: the change may have been made. Read the job before a retry.',
};

function unavailable(message: string): MutationFailure {
  return { type: 'UpstreamUnavailableError', code: 'UPSTREAM_UNAVAILABLE', message };
}

/** Maps an error status. Checks the message first: GitLab reports a wrong state with 403 or 400. */
function failureOfStatus(error: GitlabStatusError): MutationFailure | undefined {
  const upstreamMessage = error.gitlabMessage ?? '';
  const state = stateCodes.find(([pattern]) => pattern.test(upstreamMessage));
  const { code, message } = viewError(error);
  if (state) return { type: 'JobStateError', code: state[1], message };
  if (error.status === 503 || READ_ONLY.test(upstreamMessage)) return unavailable(message);
  const type = typeOfCode[code];
  return type && { type, code, message };
}

/** Maps a failed write to data; undefined if it is a GraphQL error, such as a rejected credential. */
function toFailure(error: GitlabError): MutationFailure | undefined {
  const { code, message } = viewError(error);
  if (code === 'UNAUTHENTICATED' || code === 'OPERATION_TOO_COMPLEX') return undefined;
  if (error instanceof GitlabRateLimitError) {
    return { type: 'RateLimitedError', code, message, retryAfter: error.retryAfterSeconds };
  }
  if (mayHaveHappened(error)) return outcomeUnknown;
  return error instanceof GitlabStatusError ? failureOfStatus(error) : unavailable(message);
}

/** Returns GitLab's response to a write, or its error as data. Throws errors that have no data type. */
export async function settleWrite<Value>(
  write: Promise<Value>,
): Promise<{ value: Value | null; errors: MutationFailure[] }> {
  try {
    return { value: await write, errors: [] };
  } catch (error) {
    // The operation timed out or was cancelled: the write may have been sent by then.
    const ended = isEnded(error) ? outcomeUnknown : undefined;
    const failure = isGitlabError(error) ? toFailure(error) : ended;
    if (!failure) throw error;
    return { value: null, errors: [failure] };
  }
}
