import { anonymous } from '../credential.ts';
import { endpoint } from '../endpoint.ts';
import { isGitlabError } from '../errors.ts';
import type { Transport } from './transport.ts';

/** Statuses of proxies that reach no GitLab behind them, and of a GitLab that is being upgraded. */
const OUT_OF_SERVICE = [502, 503, 504];

/**
 * Whether GitLab answers: anything counts that GitLab itself says, a refusal included. Asks for nothing
 * but the version, with no credential, which every server answers at once with 401.
 */
export async function ping(transport: Transport, signal: AbortSignal): Promise<boolean> {
  const request = {
    method: 'GET',
    endpoint: endpoint`/version`,
    query: '',
    credential: anonymous,
    keep: false,
    read: () => () => undefined,
    signal,
  } as const;
  try {
    await transport.send(request);
    return true;
  } catch (error) {
    if (!isGitlabError(error) || !('status' in error)) return false;
    return !OUT_OF_SERVICE.includes(Number(error.status));
  }
}
