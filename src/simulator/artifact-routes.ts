import { readParams, readPathId } from './params.ts';
import type { JobRecord } from './records.ts';
import { type ApiRequest, findBuild, findReadableProject } from './request.ts';
import { ApiError, type ApiResponse, notFound } from './responses.ts';
import { archiveOf } from './serialize.ts';

const attachment = (name: string) => ({ 'Content-Disposition': `attachment; filename="${name}"` });

/**
 * Returns the job in a request's path, and the size and name of the job's archive. Throws 404 if
 * the job has no archive (upstream.md §12).
 */
function findArchive(request: ApiRequest) {
  const id = readParams(request, (reader) => readPathId(reader, 'job_id'));
  const job = findBuild(request, findReadableProject(request, 'read_jobs'), id);
  const archive = archiveOf(job, request.world.now);
  if (archive === undefined) throw notFound();
  return { job, size: archive.size, name: archive.filename ?? 'artifacts.zip' };
}

/** GET …/artifacts: responds with the archive, or redirects to its signed URL in object storage. */
export function getArtifacts(request: ApiRequest): ApiResponse {
  const { job, size, name } = findArchive(request);
  if (request.storage !== undefined) {
    const location = request.storage.sign(`/artifacts/${job.id}/${name}`, name);
    throw new ApiError(302, '', { Location: location });
  }
  return { status: 200, generatedBytes: size, type: 'application/zip', headers: attachment(name) };
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
  xml: 'text/xml; charset=utf-8',
};

/**
 * GET …/artifacts/*artifact_path: responds with one file of the archive. GitLab's proxy Workhorse
 * extracts the file. It sends a 404 as plain text if the archive does not contain the file.
 */
export function getArtifactFile(request: ApiRequest): ApiResponse {
  const { job } = findArchive(request);
  const path = String(request.params['artifact_path']);
  const file = contentOf(job, path);
  if (file === undefined) throw new ApiError(404, '404 page not found\n');
  const name = path.slice(path.lastIndexOf('/') + 1);
  const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return { status: 200, bytes: Buffer.from(file), type, headers: attachment(name) };
}

const contentOf = ({ files }: JobRecord, path: string) =>
  Object.hasOwn(files, path) ? files[path] : undefined;
