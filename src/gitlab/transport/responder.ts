/*
 * Determines which server sent a response: GitLab's API, GitLab's router, or another server
 * (upstream.md §1.6). Another server may be an access proxy, a sign-in page or an API gateway. Only
 * responses of GitLab's API show anything about a resource or a credential.
 */
import { isIP } from 'node:net';
import {
  type GitlabError,
  GitlabMisroutedError,
  GitlabRateLimitError,
  GitlabResponseError,
  GitlabStatusError,
} from '../errors.ts';
import { type Call, originOf, type RawResponse, type ResponseHead } from '../request.ts';
import { isObject } from '../shape.ts';
import { headerOf, readRetryAfter, readWaitOfLimit } from './headers.ts';
import { isLimitOfAllCalls } from './rate-limit.ts';

/** Throws GitlabError unless GitLab itself sent a successful response. */
export function requireSuccess(call: Call, response: RawResponse, now: number): void {
  if (response.status >= 300) throw toError(call, response, now);
  if (!isForeignSuccess(call, response)) return;
  response.stream?.destroy();
  throw toForeignError(call, response);
}

/**
 * Returns the error for a 2xx response whose body the call's reader rejected with `error`. If
 * another server than GitLab seems to have sent the body, returns an error that says so. Otherwise
 * returns `error`. There are two signs of another server:
 * - The body is an object without `id`, which most resources of GitLab have.
 * - The body is not JSON, and the response names another media type than JSON.
 */
export function toRefusalError(call: Call, response: RawResponse, error: unknown): unknown {
  const media = mediaTypeOf(response);
  const value = parseJson(response.body);
  const isOther = value === undefined ? media !== '' && !isJson(media) : isObjectWithoutId(value);
  // An empty body is no sign, because the body may have been lost in transit.
  const isForeign = isOther && response.body.length > 0 && !call.streaming;
  return error instanceof GitlabResponseError && isForeign ? toForeignError(call, response) : error;
}

function toError(call: Call, response: RawResponse, now: number): GitlabError {
  const { status } = response;
  const origin = originOf(call, response);
  if (status === 304) return new GitlabResponseError('304 was not requested', response, origin);
  if (status < 400) return toRedirectError(call, response);
  const body = parseErrorBody(response.body);
  if (status === 404 && isRouterBody(body)) return toRouteError(call, response);
  if (isMissingFile(call, response)) return new GitlabStatusError({ status }, origin);
  const isRefusal = status < 500 && status !== 429;
  if (isRefusal && !isGitlabRefusal(response, body)) return toForeignError(call, response);
  const gitlabMessage = body ? messageOf(body) : plainTextOf(response);
  if (status === 429) {
    const retryAfterSeconds = readWaitOfLimit(response.headers, now);
    const limitsAllCalls = isLimitOfAllCalls(response.headers);
    return new GitlabRateLimitError({ retryAfterSeconds, gitlabMessage, limitsAllCalls }, origin);
  }
  const retryAfterSeconds = readRetryAfter(response.headers, now);
  return new GitlabStatusError({ status, gitlabMessage, retryAfterSeconds }, origin);
}

/**
 * Whether GitLab's router does not know the path, for example because a proxy decoded its `%2F`.
 */
export function isUnknownRoute(response: RawResponse): boolean {
  // Checks the status first, because this runs for most responses and parsing a body takes time.
  return response.status === 404 && isRouterBody(parseErrorBody(response.body));
}

const isRouterBody = (body: ErrorBody | undefined) => body?.['error'] === '404 Not Found';

/**
 * Returns the message of GitLab's own 404, such as `404 Project Not Found`; undefined for other
 * responses.
 */
export function notFoundMessageOf(response: RawResponse): string | undefined {
  if (response.status !== 404) return undefined;
  const body = parseErrorBody(response.body);
  return body && isGitlabRefusal(response, body) ? messageOf(body) : undefined;
}

const toName = ({ method, endpoint }: Call): string => `${method} ${endpoint.template}`;

function toRouteError(call: Call, response: RawResponse): GitlabMisroutedError {
  const reason = `This GitLab has no such route: ${toName(call)}. Check GITLAB_URL, and that proxies keep %2F in paths; older versions of GitLab lack some routes.`;
  const { status } = response;
  return new GitlabMisroutedError(reason, { status, noSuchRoute: true }, originOf(call, response));
}

function toForeignError(call: Call, response: RawResponse): GitlabMisroutedError {
  const { status } = response;
  const media = mediaTypeOf(response) || 'no media type';
  const reason = `Another server answered instead of GitLab: status ${status}, ${media}, for ${toName(call)}. Check GITLAB_URL, and the proxies and sign-in pages in front of GitLab.`;
  return new GitlabMisroutedError(reason, { status }, originOf(call, response));
}

/**
 * Creates the error of a redirect that is not followed. Its message names the target:
 * - the base URL of the other GitLab, if the target is the same call there;
 * - the origin of any other absolute URL;
 * - the path of a relative URL.
 *
 * Clients see the message, so it never names an IP address.
 */
function toRedirectError(call: Call, response: RawResponse): GitlabMisroutedError {
  const { status } = response;
  const header = headerOf(response.headers, 'location');
  const location = parseUrl(header);
  const apiPath = `/api/v4${call.endpoint.path}`;
  const isSameCall = location?.pathname.endsWith(apiPath) ?? false;
  const base = isSameCall ? location?.pathname.slice(0, -apiPath.length) : '';
  const redirectsTo = location && `${location.origin}${base}`;
  const isPublic = location !== undefined && isIP(location.hostname.replace(/[[\]]/g, '')) === 0;
  const target = (isPublic && redirectsTo) || (pathOf(header) ?? 'another address');
  const advice = isSameCall
    ? `Set GITLAB_URL to ${isPublic ? target : 'that address'}.`
    : 'Check GITLAB_URL, and the proxies and sign-in pages in front of GitLab.';
  const reason = `Another server answered instead of GitLab: it redirects ${toName(call)} to ${target} (status ${status}). ${advice}`;
  return new GitlabMisroutedError(reason, { status, redirectsTo }, originOf(call, response));
}

/** Parses an absolute URL, or one without a scheme (`//host/path`); undefined for anything else. */
function parseUrl(text: string | undefined): URL | undefined {
  const absolute = text?.startsWith('//') ? `https:${text}` : text;
  return absolute !== undefined && URL.canParse(absolute) ? new URL(absolute) : undefined;
}

/** Returns the path of a relative URL such as `/users/sign_in?token=x`, without its query. */
function pathOf(text: string | undefined): string | undefined {
  return /^\/(?!\/)[^?#\s]{0,200}/.exec(text ?? '')?.[0];
}

/** Returns the media type in lower case, without parameters; empty if there is none. */
function mediaTypeOf({ headers }: ResponseHead): string {
  const [type = ''] = (headerOf(headers, 'content-type') ?? '').split(/[;,]/);
  return type.trim().toLowerCase();
}

const isJson = (media: string): boolean => /^application\/(?:[\w.-]+\+)?json$/.test(media);

/** Media types of a log: GitLab's, those of object storage, and none (upstream.md §1.6). */
const LOG_TYPES = new Set(['', 'text/plain', 'application/octet-stream', 'binary/octet-stream']);

/**
 * Whether another server than GitLab sent a 2xx response. This is assumed in three cases:
 * - The call expects a log, and the media type is not one of a log. The text of a log shows
 *   nothing, because a job may print anything.
 * - The call expects a file, and the response is an HTML page without a file name.
 * - The call expects JSON. The body begins like HTML, or neither its beginning nor its media type
 *   is that of JSON.
 */
function isForeignSuccess(call: Call, response: RawResponse): boolean {
  const media = mediaTypeOf(response);
  if (call.expects === 'log') return !LOG_TYPES.has(media);
  if (call.expects === 'file') return media === 'text/html' && !isNamedFile(response);
  const start = startOf(response.body);
  if (start === '' || start === '{' || start === '[') return false;
  return start === '<' || !isJson(media);
}

/**
 * Whether a response names the file that it contains. GitLab names each file of an archive, so a
 * named web page is not a sign-in page (upstream.md §12).
 */
const isNamedFile = ({ headers }: ResponseHead): boolean =>
  headers['content-disposition'] !== undefined;

/**
 * Whether the archive does not contain the requested file. GitLab's Workhorse, which reads
 * archives, reports this with a plain text (upstream.md §12). Some proxies answer an unknown route
 * with the same text, but without GitLab's X-Request-Id.
 */
function isMissingFile(call: Call, response: RawResponse): boolean {
  if (call.expects !== 'file' || response.status !== 404) return false;
  const text = response.body.toString('latin1', 0, MISSING_FILE.length);
  return text === MISSING_FILE && hasRequestId(response);
}

const MISSING_FILE = '404 page not found';

/** Returns the first character of a body that is not white space; '' if there is none. */
const startOf = (body: Buffer): string => body.toString('latin1', 0, 256).trimStart().charAt(0);

/** GitLab's error bodies are short. A longer body is not parsed. */
const MAX_ERROR_BYTES = 64 * 1024;

type ErrorBody = Readonly<Record<string, unknown>>;

function parseErrorBody(body: Buffer): ErrorBody | undefined {
  const value = body.length > MAX_ERROR_BYTES ? undefined : parseJson(body);
  return isObject(value) ? value : undefined;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

const isObjectWithoutId = (value: unknown): boolean => isObject(value) && !('id' in value);

/** GitLab sends X-Request-Id with every response; few other servers do. Proxies may remove it. */
const hasRequestId = ({ headers }: ResponseHead): boolean => headers['x-request-id'] !== undefined;

/**
 * Messages of GitLab that do not begin with the status. They show that GitLab sent the response,
 * even without X-Request-Id.
 */
const OTHER_MESSAGES =
  /^(?:Action temporarily disabled|Non GET methods are not allowed|You cannot perform write operations)/;

const GITLAB_MEMBERS = new Set(['message', 'error', 'error_description', 'scope']);

/**
 * Whether GitLab itself sent a 4xx, and not for example an API gateway (upstream.md §1.2). Signs of
 * GitLab are:
 * - `message` begins with the status.
 * - `message` begins with one of OTHER_MESSAGES.
 * - The body has the form of a validation or OAuth error.
 * - The response has GitLab's X-Request-Id, and its body has another message or is damaged JSON.
 *
 * For a 404, only the first sign counts, because GitLab's 404 proves that a resource does not
 * exist.
 */
function isGitlabRefusal(response: RawResponse, body: ErrorBody | undefined): boolean {
  const { status } = response;
  const isSigned = hasRequestId(response);
  if (!body) return status !== 404 && isSigned && isDamagedJson(response);
  const { message = body['error'] } = body;
  const named = typeof message === 'string' ? /^\d{3}(?= )/.exec(message)?.[0] : undefined;
  if (named !== undefined) return named === String(status) && 'message' in body;
  const hasKnownMembers = Object.keys(body).every((name) => GITLAB_MEMBERS.has(name));
  const isPossible = status !== 404 && (isSigned || hasKnownMembers);
  return isPossible && hasRefusalForm(status, body, isSigned);
}

function hasRefusalForm(
  status: number,
  { message, error, error_description }: ErrorBody,
  isSigned: boolean,
): boolean {
  // A GitLab response with an OAuth error always has a description. GitLab sends no other 401 whose
  // message lacks the status.
  if (typeof error === 'string' && typeof error_description === 'string') return true;
  if (status === 401) return false;
  if (typeof message === 'string') return isSigned || OTHER_MESSAGES.test(message);
  if (typeof message === 'object' && message !== null) return true;
  return typeof error === 'string' && (isSigned || status !== 403);
}

/**
 * Whether a body that is not a JSON object seems to be damaged JSON: its media type is JSON, and it
 * does not begin like a web page.
 */
const isDamagedJson = (response: RawResponse): boolean =>
  isJson(mediaTypeOf(response)) && startOf(response.body) !== '<';

/**
 * Returns the text of a 429 in plain text, such as `Retry later` of GitLab's rate limiter
 * (upstream.md §5.1); undefined for other responses. Clients must not see the text of other
 * responses, because another server may have sent it.
 */
function plainTextOf(response: RawResponse): string | undefined {
  const isThrottle = response.status === 429 && mediaTypeOf(response) === 'text/plain';
  return isThrottle ? truncate(response.body.toString('utf8', 0, MAX_ERROR_BYTES)) : undefined;
}

/** Longest error message, in UTF-16 units. Longer ones are truncated. */
const MAX_LENGTH = 500;
/**
 * Maximum nesting of a message; deeper parts are left out. GitLab's own messages, such as
 * `{"field": ["text"]}`, have two levels.
 */
const MAX_DEPTH = 4;

/** Reads the message from any form of error body (upstream.md §1.2); undefined if there is none. */
export function messageOf({ message, error, error_description }: ErrorBody): string | undefined {
  const texts = [flatten(error), flatten(error_description)].filter(Boolean);
  return truncate(flatten(message) || texts.join(': ')) || undefined;
}

function truncate(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_LENGTH ? `${trimmed.slice(0, MAX_LENGTH)}…` : trimmed;
}

/**
 * Joins the parts of a `message` to one text. The message may be a text, a list, `{"error": …}`, or
 * errors by field, such as `{"base": ["…"]}`.
 */
function flatten(message: unknown, depth = 0): string {
  if (message === null || message === undefined || depth > MAX_DEPTH) return '';
  const inner = (value: unknown) => flatten(value, depth + 1);
  if (Array.isArray(message)) return message.map(inner).filter(Boolean).join(', ');
  if (typeof message !== 'object') return String(message);
  return Object.entries(message)
    .map(([key, value]) => (/^(?:base|error)$/.test(key) ? '' : `${key}: `) + inner(value))
    .join('; ');
}
