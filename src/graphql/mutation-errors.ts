import type { FieldRef, ObjectFieldBuilder } from '@pothos/core';
import type { Context } from '../context/context.ts';
import type { Gitlab } from '../gitlab/client.ts';
import type { GitlabError } from '../gitlab/errors.ts';
import {
  GitlabRateLimitError,
  GitlabStatusError,
  GitlabTimeoutError,
  isGitlabError,
  mayHaveHappened,
} from '../gitlab/errors.ts';
import { builder, type Types } from './builder.ts';
import { type ErrorCode, isEnded, unauthenticated, viewError } from './client-errors.ts';

/** An error of a mutation that is part of the payload. `type` is the GraphQL object type. */
export interface MutationFailure {
  type: (typeof failureTypes)[number][0];
  code: string;
  message: string;
  retryAfter?: number | null;
}

const failureTypes = [
  [
    'NotFoundError',
    'The job or pipeline does not exist or is not visible to the caller. GitLab does not distinguish these.',
  ],
  ['ForbiddenError', 'The credential does not permit this.'],
  [
    'JobStateError',
    'The state of the job does not permit this. The code is JOB_NOT_RETRYABLE, JOB_NOT_ERASABLE, JOB_NOT_PLAYABLE or JOB_NOT_CANCELABLE.',
  ],
  ['InvalidInputError', 'The input of the request was rejected.'],
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
  [
    'UnauthenticatedError',
    'GitLab rejected the credential. Only the results of bulk mutations contain it; other mutations fail with an error of the operation.',
  ],
] as const;

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

/** The members that all payloads of mutations have. */
export interface PayloadRow {
  errors: readonly MutationFailure[];
  clientMutationId: string | null | undefined;
}

/** Returns the fields that all payloads of mutations have. */
export const payloadFields = <Row extends PayloadRow>(
  t: ObjectFieldBuilder<Types, Row>,
  aboutErrors = 'Errors that a caller can handle. Empty on success.',
): Record<keyof PayloadRow, FieldRef<Types>> => ({
  errors: t.field({
    type: [MutationError],
    nullable: false,
    description: aboutErrors,
    resolve: ({ errors }) => [...errors],
  }),
  clientMutationId: t.string({
    description: 'The `clientMutationId` of the input.',
    resolve: ({ clientMutationId }) => clientMutationId,
  }),
});

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
  UNAUTHENTICATED: 'UnauthenticatedError',
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

/**
 * Returns the GitLab client for writes. Throws UNAUTHENTICATED if the request would use the
 * gateway's own token and the configuration does not allow that token to write.
 */
export function requireWrites({ mutationClient }: Context): Gitlab {
  if (mutationClient) return mutationClient;
  throw unauthenticated(
    'The gateway’s own token is for reads only: send your own as PRIVATE-TOKEN or Authorization header.',
  );
}

/** The error if GitLab answers 404 to a read that a mutation needs. */
export const notFound: MutationFailure = {
  type: 'NotFoundError',
  code: 'NOT_FOUND',
  message: 'Not found, or not visible with this credential.',
};

/**
 * The error of a request that was not sent, because the operation or the call had timed out before.
 */
export const timeOver: MutationFailure = unavailable('The time was over before it was sent.');

/**
 * Returns the failure of a mutation for an error status of GitLab. Undefined for a status without a
 * failure type, such as 500.
 */
function failureOfStatus(error: GitlabStatusError): MutationFailure | undefined {
  const upstreamMessage = error.gitlabMessage ?? '';
  // Checked first, because GitLab reports a job in the wrong state with status 403 or 400.
  const state = stateCodes.find(([pattern]) => pattern.test(upstreamMessage));
  const { code, message } = viewError(error);
  if (state) return { type: 'JobStateError', code: state[1], message };
  if (error.status === 503 || READ_ONLY.test(upstreamMessage)) return unavailable(message);
  const type = typeOfCode[code];
  return type && { type, code, message };
}

/**
 * Returns the payload's error for a call that changed nothing. Undefined if the call budget was
 * used up: the whole operation then fails.
 */
function toFailure(error: GitlabError): MutationFailure | undefined {
  const { code, message } = viewError(error);
  if (code === 'OPERATION_TOO_COMPLEX') return undefined;
  if (error instanceof GitlabRateLimitError) {
    return { type: 'RateLimitedError', code, message, retryAfter: error.retryAfterSeconds };
  }
  const isUnsent = error instanceof GitlabTimeoutError && error.phase === 'total' && !error.sent;
  if (isUnsent) return timeOver;
  const failure = error instanceof GitlabStatusError ? failureOfStatus(error) : undefined;
  return failure ?? unavailable(message);
}

/**
 * Returns the payload's error for a failed read that a mutation needs. Undefined if the whole
 * operation must fail: for a rejected credential, a used-up call budget, or a bug.
 */
export function failureOfRead(error: unknown): MutationFailure | undefined {
  if (isEnded(error)) return timeOver;
  const failure = isGitlabError(error) ? toFailure(error) : undefined;
  return failure?.type === 'UnauthenticatedError' ? undefined : failure;
}

/**
 * Returns the payload's error for a failed write. Undefined if the whole operation must fail: for a
 * used-up call budget, or a bug.
 */
function failureOfWrite(error: unknown): MutationFailure | undefined {
  // The operation timed out or was canceled. The write may already have been sent.
  if (isEnded(error)) return outcomeUnknown;
  if (!isGitlabError(error)) return undefined;
  return mayHaveHappened(error) ? outcomeUnknown : toFailure(error);
}

/** GitLab's response to a write, or the error for the payload. */
export type Settled<Value> =
  | { value: Value; errors: []; failure?: undefined }
  | { value: null; errors: [MutationFailure]; failure: MutationFailure };

/**
 * Waits for one of several writes. Returns its error for the payload, even if GitLab rejects the
 * credential, because other writes may already have succeeded.
 */
export async function settleOneOfMany<Value>(write: Promise<Value>): Promise<Settled<Value>> {
  try {
    return { value: await write, errors: [] };
  } catch (error) {
    const failure = failureOfWrite(error);
    if (!failure) throw error;
    return { value: null, errors: [failure], failure };
  }
}

/**
 * Waits for a write, and returns its error for the payload. Throws if the whole operation must
 * fail, for example for a rejected credential.
 */
export async function settleWrite<Value>(write: Promise<Value>): Promise<Settled<Value>> {
  const settled = await settleOneOfMany(write);
  if (settled.failure?.type === 'UnauthenticatedError') await write;
  return settled;
}
