import { traceStyleSheet } from '../trace/style.ts';
import { toAttachment } from './content-disposition.ts';
import {
  type JobAddress,
  parseJobAddress,
  refuseAddress,
  type SendDownload,
} from './job-download.ts';
import type { Route } from './server.ts';

const LOG_PATH = /^\/jobs\/([^/]+)\/([^/]+)\/trace$/;
const STYLE_PATH = '/trace.css';
/** Maximum length of the project's path in a file name. */
const MAX_NAME = 100;

/**
 * Returns the Content-Disposition header. With `download=1` in the query string, a browser saves
 * the log under a name such as `group-app-job-123.log`.
 */
function dispositionOf({ project, id }: JobAddress, search: string): string {
  if (new URLSearchParams(search).get('download') !== '1') return `inline; filename="${id}.log"`;
  const name = project.replaceAll('/', '-').slice(0, MAX_NAME);
  return toAttachment(`${name}-job-${id}.log`);
}

/**
 * Serves `GET /jobs/:project/:id/trace`: the whole log of a job as text. `:project` is the
 * project's numeric id, or its full path with `%2F`. With `?download=1`, browsers save it as a
 * file. Also serves `GET /trace.css`, the style sheet for logs in HTML.
 */
export function createRawLogRoute(sendDownload: SendDownload): Route {
  return async (routed) => {
    const { response, path } = routed;
    if (path === STYLE_PATH) {
      response.writeHead(200, {
        'content-type': 'text/css',
        'cache-control': 'public, max-age=3600',
        // Pages of other sites may use the style sheet, because it contains no data.
        'cross-origin-resource-policy': 'cross-origin',
      });
      response.end(traceStyleSheet());
      return true;
    }
    const [, project, id] = LOG_PATH.exec(path) ?? [];
    if (project === undefined || id === undefined) return false;
    const job = parseJobAddress(project, id);
    if (!job) {
      const message =
        'The address must be /jobs/<number or path with %2F>/<number of the job>/trace.';
      refuseAddress(routed, message);
      return true;
    }
    await sendDownload(routed, async ({ openTrace }) => {
      const { body } = await openTrace(job);
      const headers = {
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': dispositionOf(job, routed.search),
      };
      return { body, headers };
    });
    return true;
  };
}
