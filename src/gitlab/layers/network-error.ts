import { type Call, originOf } from '../call.ts';
import {
  type GitlabError,
  GitlabNetworkError,
  GitlabTimeoutError,
  type TimeoutPhase,
} from '../errors.ts';

const timeoutPhases: Readonly<Record<string, TimeoutPhase>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  UND_ERR_HEADERS_TIMEOUT: 'headers',
  UND_ERR_BODY_TIMEOUT: 'body',
};

/** Turns a failure of the connection into ours. `started`: whether the request began to be written. */
export function toNetworkError(error: Error, call: Call, started: boolean): GitlabError {
  const code = 'code' in error ? String(error.code) : error.name;
  const origin = originOf(call, undefined, error);
  const phase = timeoutPhases[code];
  if (phase) return new GitlabTimeoutError({ phase, sent: started }, origin);
  const what = started ? 'The connection to GitLab broke' : 'GitLab cannot be reached';
  return new GitlabNetworkError(`${what}: ${code}`, { sent: started }, origin);
}
