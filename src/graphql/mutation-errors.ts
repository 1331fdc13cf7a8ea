import type { GitlabError } from '../gitlab/errors.ts';
import {
  GitlabRateLimitError,
  GitlabStatusError,
  isGitlabError,
  mayHaveHappened,
} from '../gitlab/errors.ts';
import { builder } from './builder.ts';
import { type ErrorCode, isEnded, viewError } from './client-errors.ts';

/** What went wrong with a mutation, as data; `type` names the object type. */
export interface MutationFailure {
  type: (typeof failureTypes)[number][0];
  code: string;
  message: string;
  retryAfter?: number | null;
}

const failureTypes = [
  [
    'NotFoundError',
    'There is no such job, or it is hidden from you: GitLab does not tell them apart.',
  ],
  ['ForbiddenError', 'Your credential may not do this.'],
  [
    'JobStateError',
    'The job is in a state that does not allow this: JOB_NOT_RETRYABLE, JOB_NOT_ERASABLE or JOB_NOT_PLAYABLE.',
  ],
  ['InvalidInputError', 'GitLab does not accept what was sent with the request.'],
  ['ConflictError', 'GitLab is busy with this job or project. Read the job again, then repeat.'],
  [
    'UpstreamUnavailableError',
    'GitLab could not be reached or is in maintenance. Surely not done; may be repeated.',
  ],
  [
    'OutcomeUnknownError',
    'The request went out, but no usable answer came: it may have been done. Read the job before repeating.',
  ],
  ['RateLimitedError', 'GitLab limits how often you may do this. Not done.'],
] as const;

/** The interface of all errors that mutations return as data. */
export const MutationError = builder.interfaceRef<MutationFailure>('MutationError').implement({
  description: 'Something a caller can act on. Ask for `__typename` or `code` to tell them apart.',
  resolveType: (failure) => failure.type,
  fields: (t) => ({
    message: t.exposeString('message', {
      nullable: false,
      description: 'What is wrong, in GitLab’s own words where it has some.',
    }),
    code: t.exposeString('code', {
      nullable: false,
      description: 'What is wrong, for programs; the type’s description lists its codes.',
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
          description: 'Seconds to wait. Null when GitLab names no time.',
        }),
      }),
    }),
  });
}

/** GitLab's sentences for a job in the wrong state (upstream.md §2.9–2.11). */
const stateCodes = [
  [/not retryable/i, 'JOB_NOT_RETRYABLE'],
  [/not erasable/i, 'JOB_NOT_ERASABLE'],
  [/unplayable job/i, 'JOB_NOT_PLAYABLE'],
] as const;

/** What older servers say in maintenance mode, with a 403 (upstream.md §6). */
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
    'No usable answer came from GitLab: it may have been done. Read the job before repeating.',
};

function unavailable(message: string): MutationFailure {
  return { type: 'UpstreamUnavailableError', code: 'UPSTREAM_UNAVAILABLE', message };
}

/** A refusal by status: the job's state first, for GitLab says it with 403 and 400 alike. */
function failureOfStatus(error: GitlabStatusError): MutationFailure | undefined {
  const said = error.gitlabMessage ?? '';
  const state = stateCodes.find(([pattern]) => pattern.test(said));
  const { code, message } = viewError(error);
  if (state) return { type: 'JobStateError', code: state[1], message };
  if (error.status === 503 || READ_ONLY.test(said)) return unavailable(message);
  const type = typeOfCode[code];
  return type && { type, code, message };
}

/** Tells a failed write as data; undefined for what is a GraphQL error instead, such as a refused credential. */
function toFailure(error: GitlabError): MutationFailure | undefined {
  const { code, message } = viewError(error);
  if (code === 'UNAUTHENTICATED' || code === 'OPERATION_TOO_COMPLEX') return undefined;
  if (error instanceof GitlabRateLimitError) {
    return { type: 'RateLimitedError', code, message, retryAfter: error.retryAfterSeconds };
  }
  if (mayHaveHappened(error)) return outcomeUnknown;
  return error instanceof GitlabStatusError ? failureOfStatus(error) : unavailable(message);
}

/** The outcome of a write: what GitLab answered, or what went wrong as data. Throws what is not for data. */
export async function settleWrite<Value>(
  write: Promise<Value>,
): Promise<{ value: Value | null; errors: MutationFailure[] }> {
  try {
    return { value: await write, errors: [] };
  } catch (error) {
    // Ended by the operation's own time: whether it had been sent by then, nobody can tell.
    const ended = isEnded(error) ? outcomeUnknown : undefined;
    const failure = isGitlabError(error) ? toFailure(error) : ended;
    if (!failure) throw error;
    return { value: null, errors: [failure] };
  }
}
