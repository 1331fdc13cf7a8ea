import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { GraphQLError } from 'graphql';
import type { Caller, Context } from '../context/context.ts';
import { readCredential } from '../gitlab/credential.ts';
import { isGitlabError } from '../gitlab/errors.ts';
import { type ErrorCode, isEnded, viewFailure } from '../graphql/client-errors.ts';
import { isNumericId, isProjectName } from '../graphql/global-id.ts';
import type { createDownloads } from './downloads.ts';
import { headerReader } from './graphql-request.ts';
import { type RoutedRequest, refuseMethod, sendJson } from './server.ts';

/*
 * Downloads of a job: its log and its artifacts, streamed as GitLab sends them. Clients send their
 * credential in the same headers as for GraphQL. Errors are JSON with `code` and `message`.
 */

/** A job, as the path of a request names it. */
export interface JobAddress {
  project: string;
  id: string;
}

type Opener = Pick<Context, 'openTrace' | 'openArtifacts'>;

/** Creates the context of a caller. Throws GraphQLError for a malformed credential. */
export type OpenContext = (caller: Caller) => Opener;

/** The body that GitLab sends, and headers in addition to those that all downloads have. */
interface Download {
  body: Readable;
  headers: OutgoingHttpHeaders;
}

const HEADERS = {
  'cache-control': 'private, no-store',
  // A browser must not execute anything that a job has written.
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

interface Refusal {
  code: ErrorCode;
  message: string;
  /** Seconds to wait, for the header Retry-After. Null or undefined for no header. */
  retryAfter?: number | null;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof GraphQLError) {
    return { code: error.extensions['code'] as ErrorCode, message: error.message };
  }
  if (isGitlabError(error)) return viewFailure(error);
  if (isEnded(error))
    return { code: 'UPSTREAM_TIMEOUT', message: 'GitLab did not answer in time.' };
  throw error;
}

const tooManyDownloads: Refusal = {
  code: 'RATE_LIMITED',
  message: 'Too many logs and artifacts are being downloaded. Try again in a few seconds.',
  retryAfter: 5,
};

/** Returns a key for the caller: a digest of its credential or, without one, its IP address. */
function callerOf(request: IncomingMessage): string {
  const { kind, digest } = readCredential(headerReader(request));
  return kind === 'anonymous' ? `anonymous ${request.socket.remoteAddress}` : digest;
}

/** Parses the project and job id in a path. Returns undefined if they cannot name a job. */
export function parseJobAddress(project: string, id: string): JobAddress | undefined {
  try {
    const name = decodeURIComponent(project);
    return isProjectName(name) && isNumericId(id) ? { project: name, id } : undefined;
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, { code, message, retryAfter }: Refusal): void {
  if (typeof retryAfter === 'number') response.setHeader('retry-after', Math.ceil(retryAfter));
  sendJson(response, statuses[code], { error: { code, message } });
}

/** Refuses a request whose path is malformed. */
export function refuseAddress({ response }: RoutedRequest, message: string): void {
  refuse(response, { code: 'BAD_USER_INPUT', message });
}

/**
 * Streams the body that `open` requests from GitLab. Answers 405 to methods other than GET, and 429
 * if too many downloads run. If `open` fails, the status depends on the code of the error, and the
 * response has Retry-After if GitLab asks to wait.
 */
export type SendDownload = (
  routed: RoutedRequest,
  open: (context: Opener) => Promise<Download>,
) => Promise<void>;

/** Creates the sender of downloads. `downloads` limits how many run at the same time. */
export function createSendDownload(
  openContext: OpenContext,
  downloads: ReturnType<typeof createDownloads>,
): SendDownload {
  return async (routed, open) => {
    const { request, response } = routed;
    if (request.method !== 'GET') return refuseMethod(routed, 'GET');
    const caller = new AbortController();
    response.once('close', () => caller.abort());
    try {
      const context = openContext({ header: headerReader(request), signal: caller.signal });
      if (!downloads.start(callerOf(request), response)) {
        return refuse(response, tooManyDownloads);
      }
      const { body, headers } = await open(context);
      response.writeHead(200, { ...HEADERS, ...headers });
      // If GitLab's response breaks off, breaks the connection to the client, too. Otherwise the
      // download would look complete.
      pipeline(body, response, (error) => error && response.destroy());
    } catch (error) {
      if (!response.closed) refuse(response, refusalOf(error));
    }
  };
}
