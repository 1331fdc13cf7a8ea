import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { isGitlabError } from '../gitlab/errors.ts';
import { type ErrorCode, isEnded, viewError } from '../graphql/client-errors.ts';
import { isNumericId, isProjectName } from '../graphql/global-id.ts';
import { traceStyleSheet } from '../trace/style.ts';
import { createPulledStream } from './streamed-strings.ts';

/** Where logs come from. */
export interface RawLogOptions {
  /** Opens a job's log with the credential of the request. Rejects with GitlabError, or with a GraphQLError for a credential that is none. */
  open(request: Request, job: { project: string; id: string }): Promise<{ body: Readable }>;
}

const LOG_PATH = /^\/jobs\/([^/]+)\/([^/]+)\/trace$/;
const STYLE_PATH = '/trace.css';

const LOG_HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'private, no-store',
  // Whatever a job printed, a browser shows it as text and runs none of it.
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

/** The pieces of a log; where it breaks off, that is told by breaking off too, and nobody need hear of it again. */
async function* untilBroken(log: Readable, breakOff: () => void): AsyncGenerator<Buffer> {
  try {
    yield* log;
  } catch {
    breakOff();
  }
}

/** The project and job that a path names; undefined where it cannot name one. */
function parsePath(project: string, id: string): { project: string; id: string } | undefined {
  try {
    const name = decodeURIComponent(project);
    return isProjectName(name) && isNumericId(id) ? { project: name, id } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Serves `GET /jobs/:project/:id/trace`: a job's whole log as GitLab sends it, passed on as it comes and held nowhere. The
 * project is its number, or its full path with `%2F`. Credentials are the same as for GraphQL; refusals are JSON
 * with `code` and `message`. And `GET /trace.css`, the style sheet of logs as HTML.
 */
export function useRawLog({ open }: RawLogOptions): Plugin {
  const refuse = ({ code, message }: Refusal) =>
    Response.json({ error: { code, message } }, { status: statuses[code] });
  async function answer(
    request: Request,
    job: { project: string; id: string },
    res: ServerResponse | undefined,
  ): Promise<Response> {
    try {
      const { body } = await open(request, job);
      // Where GitLab's answer breaks off, so must this one: nobody should take a part for the whole.
      const breakOff = () => res?.destroy();
      const disposition = `inline; filename="${job.id}.log"`;
      return new Response(createPulledStream(untilBroken(body, breakOff)), {
        headers: { ...LOG_HEADERS, 'content-disposition': disposition },
      });
    } catch (error) {
      return refuse(refusalOf(error));
    }
  }
  return {
    async onRequest({ request, url, serverContext, endResponse }) {
      if (url.pathname === STYLE_PATH) {
        const headers = {
          'content-type': 'text/css',
          'cache-control': 'public, max-age=3600',
          // Pages of other sites may use it: it says nothing of anybody.
          'cross-origin-resource-policy': 'cross-origin',
        };
        endResponse(new Response(traceStyleSheet(), { headers }));
        return;
      }
      const [, project, id] = LOG_PATH.exec(url.pathname) ?? [];
      if (project === undefined || id === undefined) return;
      const job = parsePath(project, id);
      const message =
        'The address must be /jobs/<number or path with %2F>/<number of the job>/trace.';
      if (!job) endResponse(refuse({ code: 'BAD_USER_INPUT', message }));
      else if (request.method !== 'GET')
        endResponse(new Response(null, { status: 405, headers: { allow: 'GET' } }));
      else {
        const { res } = serverContext as { res?: ServerResponse };
        endResponse(await answer(request, job, res));
      }
    },
  };
}
