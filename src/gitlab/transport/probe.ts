import type { Clock } from '../../util/clock.ts';
import { anonymous } from '../credential.ts';
import { endpoint } from '../endpoint.ts';
import {
  type GitlabError,
  GitlabRateLimitError,
  GitlabStatusError,
  GitlabTimeoutError,
  isGitlabError,
} from '../errors.ts';
import { readOne, shapeOf } from '../readers.ts';
import { type Call, originOf, type Send } from '../request.ts';
import { object, text } from '../shape.ts';

/**
 * Checks whether GitLab can be used. Resolves with undefined if it can, otherwise with the reason.
 */
export type Probe = () => Promise<GitlabError | undefined>;

const TIMEOUT_MS = 3_000;

const readVersion = readOne(shapeOf(object({ version: text })));

/** Creates the call of a probe, and a function that cancels its timeout. */
function createCall(clock: Clock) {
  const controller = new AbortController();
  const call: Call = {
    method: 'GET',
    endpoint: endpoint`/version`,
    query: '',
    credential: anonymous,
    keep: false,
    read: readVersion,
    signal: controller.signal,
    deadlineAt: clock.now() + TIMEOUT_MS,
    progress: { sent: false },
  };
  const cancel = clock.after(TIMEOUT_MS, () =>
    controller.abort(new GitlabTimeoutError({ phase: 'headers', sent: true }, originOf(call))),
  );
  return { call, cancel };
}

/** Whether GitLab itself refused the call. A refusal shows that GitLab works. */
const isRefusal = (error: unknown): boolean =>
  error instanceof GitlabRateLimitError ||
  (error instanceof GitlabStatusError && error.status < 500);

/**
 * Creates the gateway's own check of GitLab. It requests the version without a credential. Every
 * GitLab refuses this request quickly with 401. `send` must not wait behind calls of callers.
 */
export function createProbe(send: Send, clock: Clock): Probe {
  return async () => {
    const { call, cancel } = createCall(clock);
    try {
      await send(call);
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return undefined;
      if (isGitlabError(error)) return error;
      throw error;
    } finally {
      cancel();
    }
  };
}
