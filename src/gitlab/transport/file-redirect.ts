import { anonymous } from '../credential.ts';
import {
  GitlabMisroutedError,
  GitlabNetworkError,
  GitlabResponseError,
  GitlabStatusError,
  GitlabTimeoutError,
} from '../errors.ts';
import { type Call, type Exchange, originOf, type RawResponse } from '../request.ts';
import { createFairLimiter, withSlot } from './concurrency.ts';
import { headerOf } from './headers.ts';

/**
 * Performs one exchange with a server other than GitLab. `target` is the URL to request. Does not
 * use what is only for GitLab: the client certificate and the extra headers.
 */
export type ForeignExchange = (target: URL, call: Call) => Promise<RawResponse>;

interface Deps {
  /** GitLab's base URL. A relative redirect is resolved against the URL of the call. */
  readonly baseUrl: string;
  readonly fetchFrom: ForeignExchange;
  readonly limits: Parameters<typeof createFairLimiter>[0];
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Follows GitLab's redirect of a download to object storage, once (upstream.md §12). The request to
 * the storage has no credential, no extra header and no trace context, because the signed URL
 * grants access. Of the storage's response, only the status, length, encoding and bytes are used.
 * The file name is taken from GitLab's redirect.
 *
 * The target may be any http or https URL: GitLab chooses it, and GitLab is trusted
 * (docs/security.md).
 */
export function createFileRedirect(exchange: Exchange, deps: Deps): Exchange {
  const { baseUrl, fetchFrom, limits } = deps;
  const slots = createFairLimiter(limits);
  return async (call) => {
    const redirect = await exchange(call);
    if (call.expects !== 'file' || !REDIRECTS.has(redirect.status)) return redirect;
    const target = targetOf(redirect, `${baseUrl}/api/v4${call.endpoint.path}`);
    if (!target)
      throw storageError(call, redirect, 'GitLab redirects to an address that is no URL');
    const anonymousCall = toAnonymousCall(call, target);
    try {
      const fetched = await withSlot(slots, call, () => fetchFrom(target, anonymousCall));
      return toFile(call, redirect, { target, fetched });
    } catch (error) {
      throw toStorageError(call, redirect, { target, error });
    }
  };
}

/** Returns the target of a redirect; undefined if it is not an http or https URL. */
function targetOf({ headers }: RawResponse, base: string): URL | undefined {
  const location = headerOf(headers, 'location') ?? '';
  if (location === '' || !URL.canParse(location, base)) return undefined;
  const target = new URL(location, base);
  return /^https?:$/.test(target.protocol) ? target : undefined;
}

function toAnonymousCall(call: Call, target: URL): Call {
  return {
    ...call,
    endpoint: { path: target.pathname, template: call.endpoint.template },
    query: target.search,
    credential: anonymous,
    counter: undefined,
    traceContext: undefined,
  };
}

/**
 * Query parameters of a signed URL that set Content-Disposition. S3 and Google use the first one,
 * Azure the second one.
 */
const NAMING_PARAMETERS = ['response-content-disposition', 'rscd'];

function dispositionOf({ headers }: RawResponse, { searchParams }: URL): string | undefined {
  const [signed] = NAMING_PARAMETERS.flatMap((name) => searchParams.get(name) ?? []);
  return headerOf(headers, 'content-disposition') ?? signed;
}

/** The response of object storage, and the URL that was requested. */
interface Fetched {
  readonly target: URL;
  readonly fetched: RawResponse;
}

function toFile(call: Call, redirect: RawResponse, { target, fetched }: Fetched): RawResponse {
  const { status, headers, body, stream } = fetched;
  if (status === 404) throw new GitlabStatusError({ status }, originOf(call, redirect));
  if (status !== 200) {
    stream?.destroy();
    const what = REDIRECTS.has(status) ? 'redirects again' : 'did not send the file';
    const reason = `The storage of the file ${what}: status ${status}`;
    throw storageError(call, { ...redirect, status }, reason, target);
  }
  const kept = {
    'content-length': headers['content-length'],
    'content-encoding': headers['content-encoding'],
    'content-disposition': dispositionOf(redirect, target),
  };
  return { status, headers: kept, body, ...(stream && { stream }) };
}

/**
 * Creates the error of a request to the storage. The origin of `target` appears only in logs,
 * because it may be an internal address. The query of `target` appears nowhere, because it is a
 * credential.
 */
function storageError(
  call: Call,
  response: RawResponse,
  reason: string,
  target?: URL,
): GitlabMisroutedError {
  const { status } = response;
  const place = { status, redirectsTo: target?.origin };
  return new GitlabMisroutedError(`${reason}.`, place, originOf(call, response));
}

/** Replaces an error whose message names GitLab by one whose message names the storage. */
function toStorageError(
  call: Call,
  redirect: RawResponse,
  { target, error }: { target: URL; error: unknown },
): unknown {
  if (error instanceof GitlabTimeoutError) {
    return storageError(call, redirect, 'The storage of the file did not answer in time', target);
  }
  if (error instanceof GitlabNetworkError) {
    const { code = 'no connection' } = (error.cause ?? {}) as { code?: string };
    return storageError(
      call,
      redirect,
      `The storage of the file cannot be reached: ${code}`,
      target,
    );
  }
  if (error instanceof GitlabResponseError) {
    return storageError(call, redirect, 'The response of the file’s storage is not usable', target);
  }
  return error;
}
