import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { GraphQLError } from 'graphql';
import type { Caller, Context } from '../context/context.ts';
import { readCredential } from '../gitlab/credential.ts';
import { isGitlabError } from '../gitlab/errors.ts';
import { type ErrorCode, isEnded, viewError } from '../graphql/client-errors.ts';
import { isNumericId, isProjectName } from '../graphql/global-id.ts';
import { traceStyleSheet } from '../trace/style.ts';
import type { createDownloads } from './downloads.ts';
import { headerReader } from './graphql-request.ts';
import { type Route, type RoutedRequest, sendJson } from './server.ts';

interface JobAddress {
  project: string;
  id: string;
}

/** Creates the context of a caller. Throws GraphQLError for a malformed credential. */
type OpenContext = (caller: Caller) => Pick<Context, 'openTrace'>;

const LOG_PATH = /^\/jobs\/([^/]+)\/([^/]+)\/trace$/;
const STYLE_PATH = '/trace.css';
/** Maximum length of the project's part of a file name. */
const MAX_NAME = 100;

const LOG_HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'private, no-store',
  // A browser must show any output of a job as text, and must not execute it.
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
};

const statuses: Readonly<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  OPERATION_TOO_COMPLEX: 400,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  UPSTREAM_UNAVAILABLE: 502,
  UPSTREAM_TIMEOUT: 504,
};

type Refusal = { code: ErrorCode; message: string };

function refusalOf(error: unknown): Refusal {
  if (error instanceof GraphQLError) {
    return { code: error.extensions['code'] as ErrorCode, message: error.message };
  }
  if (isGitlabError(error)) return viewError(error);
  if (isEnded(error))
    return { code: 'UPSTREAM_TIMEOUT', message: 'GitLab did not answer in time.' };
  throw error;
}

const RETRY_AFTER_SECONDS = 5;

const tooManyDownloads: Refusal = {
  code: 'RATE_LIMITED',
  message: 'Too many logs are being downloaded. Try again in a few seconds.',
};

/** Identifies the caller: by its credential, or without one by its address. */
function callerOf(request: IncomingMessage): string {
  const { kind, digest } = readCredential(headerReader(request));
  return kind === 'anonymous' ? `anonymous ${request.socket.remoteAddress}` : digest;
}

/**
 * The value of Content-Disposition. With `download=1` in the query string, a browser saves the log
 * under a name such as `group-app-job-123.log`. The path of a project (`isProjectName`) has only
 * characters that need no escape in a header.
 */
function dispositionOf({ project, id }: JobAddress, search: string): string {
  if (new URLSearchParams(search).get('download') !== '1') return `inline; filename="${id}.log"`;
  const name = project.replaceAll('/', '-').slice(0, MAX_NAME);
  return `attachment; filename="${name}-job-${id}.log"`;
}

/** Returns undefined for a path that cannot name a job. */
function parsePath(project: string, id: string): JobAddress | undefined {
  try {
    const name = decodeURIComponent(project);
    return isProjectName(name) && isNumericId(id) ? { project: name, id } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Serves `GET /jobs/:project/:id/trace`: the whole log of a job, streamed as GitLab sends it.
 * `:project` is the project's numeric id, or its full path with `%2F`. Credentials are sent as for
 * GraphQL; errors are JSON with `code` and `message`. `?download=1` makes it a file to save. Also serves `GET /trace.css`, the style sheet
 * of logs as HTML.
 */
export function createRawLogRoute(
  openContext: OpenContext,
  downloads: ReturnType<typeof createDownloads>,
): Route {
  const refuse = (response: ServerResponse, { code, message }: Refusal) =>
    sendJson(response, statuses[code], { error: { code, message } });

  async function sendLog(
    { request, response, search }: RoutedRequest,
    job: JobAddress,
  ): Promise<void> {
    const caller = new AbortController();
    response.once('close', () => caller.abort());
    try {
      const { openTrace } = openContext({ header: headerReader(request), signal: caller.signal });
      if (!downloads.start(callerOf(request), response)) {
        response.setHeader('retry-after', RETRY_AFTER_SECONDS);
        return refuse(response, tooManyDownloads);
      }
      const { body } = await openTrace(job);
      response.writeHead(200, {
        ...LOG_HEADERS,
        'content-disposition': dispositionOf(job, search),
      });
      // An incomplete response of GitLab must not look like the whole log.
      pipeline(body, response, (error) => error && response.destroy());
    } catch (error) {
      if (!response.closed) refuse(response, refusalOf(error));
    }
  }

  return async (routed) => {
    const { request, response, path } = routed;
    if (path === STYLE_PATH) {
      response.writeHead(200, {
        'content-type': 'text/css',
        'cache-control': 'public, max-age=3600',
        // Pages of other sites may use it: it has no data.
        'cross-origin-resource-policy': 'cross-origin',
      });
      response.end(traceStyleSheet());
      return true;
    }
    const [, project, id] = LOG_PATH.exec(path) ?? [];
    if (project === undefined || id === undefined) return false;
    const job = parsePath(project, id);
    if (!job) {
      const message =
        'The address must be /jobs/<number or path with %2F>/<number of the job>/trace.';
      refuse(response, { code: 'BAD_USER_INPUT', message });
    } else if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET', 'content-length': 0 }).end();
    } else {
      await sendLog(routed, job);
    }
    return true;
  };
}
