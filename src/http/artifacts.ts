import { isFileName } from '../util/file-name.ts';
import { fileNameOf, toAttachment } from './content-disposition.ts';
import { parseJobAddress, refuseAddress, type SendDownload } from './job-download.ts';
import type { Route } from './server.ts';

const ARTIFACTS_PATH = /^\/jobs\/([^/]+)\/([^/]+)\/artifacts(?:\/(.*))?$/;

/** The file name of an archive if GitLab's response has none. */
const ARCHIVE = 'artifacts.zip';

const ADDRESS_RULE =
  'The address must be /jobs/<number or path with %2F>/<number of the job>/artifacts, or that with /<path of a file>. No part of the path may be empty, "." or "..", or have a slash or backslash, however it is encoded.';

/** Decodes the path of a file. Returns undefined if a server could interpret it as another path. */
function parseFilePath(path: string): string[] | undefined {
  try {
    const names = path.split('/').map(decodeURIComponent);
    return names.every(isFileName) ? names : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Serves `GET /jobs/:project/:id/artifacts`, the archive of a job's artifacts, and
 * `…/artifacts/<path>`, one file of the archive. Browsers save the response and never display it,
 * because a job may have written anything.
 */
export function createArtifactsRoute(sendDownload: SendDownload): Route {
  return async (routed) => {
    const [, project, id, file] = ARTIFACTS_PATH.exec(routed.path) ?? [];
    if (project === undefined || id === undefined) return false;
    const job = parseJobAddress(project, id);
    const path = file === undefined ? [] : parseFilePath(file);
    if (!job || !path) {
      refuseAddress(routed, ADDRESS_RULE);
      return true;
    }
    await sendDownload(routed, async ({ openArtifacts }) => {
      const { body, size, disposition } = await openArtifacts({ ...job, path });
      const headers = {
        'content-type': 'application/octet-stream',
        'content-disposition': toAttachment(fileNameOf(disposition) ?? path.at(-1) ?? ARCHIVE),
        // Clients cannot request a part of a file, because GitLab does not support that for the
        // files of an archive.
        'accept-ranges': 'none',
        ...(size !== undefined && { 'content-length': size }),
      };
      return { body, headers };
    });
    return true;
  };
}
