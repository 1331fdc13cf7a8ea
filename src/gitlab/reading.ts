import {
  type Answer,
  type Call,
  type Exchange,
  originOf,
  type RawAnswer,
  type Send,
} from './call.ts';
import type { Clock } from './clock.ts';
import { readErrorBody } from './error-message.ts';
import {
  type GitlabError,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
} from './errors.ts';
import { readRetryAfter } from './retry-after.ts';

/** An answer's refusal as an error; a redirect that was not followed is no usable answer. */
function toAnswerError(call: Call, answer: RawAnswer, now: number): GitlabError {
  const { status } = answer;
  const origin = originOf(call, answer);
  if (status < 400) return new GitlabResponseError(`unexpected status ${status}`, answer, origin);
  const { message: gitlabMessage, noSuchRoute } = readErrorBody(answer.body.toString());
  const retryAfterSeconds = readRetryAfter(answer.headers, now);
  if (status === 429) return new GitlabRateLimitError({ retryAfterSeconds, gitlabMessage }, origin);
  return new GitlabStatusError({ status, gitlabMessage, noSuchRoute, retryAfterSeconds }, origin);
}

/** Reads an answer of success as the call wants it; any other is thrown as GitlabError. */
export function readAnswer(call: Call, answer: RawAnswer, now: number): Answer<unknown> {
  const { status, headers } = answer;
  if (status < 200 || status >= 300) throw toAnswerError(call, answer, now);
  return { status, headers, value: call.read(answer, call) };
}

/** From exchanges to usable answers. */
export function createReading(exchange: Exchange, clock: Clock): Send {
  return async (call) => readAnswer(call, await exchange(call), clock.now());
}
