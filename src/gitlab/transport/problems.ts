import { causeOf, isConnectionProblem, isGitlabError } from '../errors.ts';
import type { Call, Send } from '../request.ts';

/**
 * A call that failed because something is wrong between the gateway and GitLab. Reported to the
 * operator, so it contains no data of the caller.
 */
export interface Problem {
  readonly method: string;
  readonly template: string;
  readonly cause: string;
}

/** Receives every problem. Must not throw. */
export type OnProblem = (problem: Problem) => void;

/**
 * Reports calls that fail because something is wrong between the gateway and GitLab (see
 * `isConnectionProblem`).
 */
export function createProblemObserver(send: Send, onProblem: OnProblem): Send {
  return async (call) => {
    try {
      return await send(call);
    } catch (error) {
      report(call, error, onProblem);
      throw error;
    }
  };
}

function report({ method, endpoint }: Call, error: unknown, onProblem: OnProblem): void {
  if (!isGitlabError(error) || !isConnectionProblem(error)) return;
  onProblem({ method, template: endpoint.template, cause: causeOf(error) });
}
