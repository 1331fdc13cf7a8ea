import { anonymous } from '../credential.ts';
import { endpoint } from '../endpoint.ts';
import { isGitlabError } from '../errors.ts';
import type { Transport } from './transport.ts';

/** Sent by proxies that reach no GitLab, and by a GitLab that is being upgraded. */
const OUT_OF_SERVICE = [502, 503, 504];

/**
 * Checks whether GitLab responds; a refusal counts as well. Requests the version without
 * credentials, which every server refuses quickly with 401.
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
