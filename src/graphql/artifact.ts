import { GraphQLError } from 'graphql';
import type { Context } from '../context/context.ts';
import type { JobRef } from '../gitlab/client.ts';
import { isFileName } from '../util/file-name.ts';
import { badUserInput, checkRange, checkUrlText } from './client-errors.ts';
import type { ListCost } from './cost.ts';
import { JobArtifact, JobArtifactsFile } from './refs.ts';

JobArtifact.implement({
  description: 'A file that a job created: its archive, its log, or a report.',
  fields: (t) => ({
    fileType: t.exposeString('file_type', {
      nullable: false,
      description:
        'archive, metadata, trace, junit, dotenv, cobertura, sast and others. GitLab may add values.',
    }),
    size: t.field({
      type: 'BigInt',
      description: 'The size in bytes.',
      resolve: (artifact) => artifact.size,
    }),
    filename: t.exposeString('filename', {
      description: 'The file name, such as "artifacts.zip".',
    }),
    fileFormat: t.exposeString('file_format', {
      description: 'raw, zip or gzip. Null for the log on some servers.',
    }),
  }),
});

JobArtifactsFile.implement({
  description: 'The archive of a job’s `artifacts:paths`.',
  fields: (t) => ({
    filename: t.exposeString('filename', {
      description: 'The file name, such as "artifacts.zip".',
    }),
    size: t.field({
      type: 'BigInt',
      description: 'The size in bytes.',
      resolve: (file) => file.size,
    }),
    downloadUrl: t.string({
      description:
        'The path of the archive on this gateway. A GET of it needs the credential in a header, as GraphQL does. `/<path of a file>` after it downloads one file of the archive.',
      resolve: ({ job: { project, id } }) => `/jobs/${encodeURIComponent(project)}/${id}/artifacts`,
    }),
  }),
});

/** The default of `maxBytes`: enough for a person or a language model to read. */
export const DEFAULT_TEXT_BYTES = 65_536;
const MAX_TEXT_BYTES = 1_048_576;

interface TextArgs {
  path: string;
  maxBytes?: number | null | undefined;
}

function parseTextArgs({ path, maxBytes }: TextArgs): { path: string[]; maxBytes: number } {
  const names = checkUrlText(path, '`path`').split('/');
  if (!names.every(isFileName)) {
    throw badUserInput(
      '`path` must be the path of a file in the archive, such as "reports/junit.xml": without empty parts, ".", ".." and backslashes, also when it is percent-encoded.',
    );
  }
  const bytes = checkRange('maxBytes', maxBytes ?? DEFAULT_TEXT_BYTES, { max: MAX_TEXT_BYTES });
  return { path: names, maxBytes: bytes };
}

/**
 * Returns bytes as text; undefined if they are not valid UTF-8 or contain NUL. With `isCut`, omits
 * an incomplete last character.
 */
function decodeText(bytes: Buffer, isCut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}

/** The cost of `Job.artifactText`: one call for each job, path and value of `maxBytes`. */
export const artifactTextCost: ListCost = {
  pages: () => 1,
  rows: () => 1,
  limitedBy: () => 'path',
  readsRows: () => false,
  sentence: 'Costs one call for each job, path and value of `maxBytes`.',
};

const tooMuchText = (message: string) =>
  new GraphQLError(message, { extensions: { code: 'OPERATION_TOO_COMPLEX', limit: 'traces' } });

/** Requests the beginning of a file in a job's artifacts archive. Null if there is no such file. */
export const startArtifactText = (loaders: Context['loaders'], job: JobRef, args: TextArgs) =>
  loaders.artifactStart({ ...job, ...parseTextArgs(args) });

/**
 * Reads the beginning of a file in a job's artifacts archive as text. Null if there is no such
 * file. Throws BAD_USER_INPUT if the file is not text, and OPERATION_TOO_COMPLEX if a limit of text
 * or memory is reached.
 */
export async function readArtifactText(
  { loaders, logs }: Pick<Context, 'loaders' | 'logs'>,
  job: JobRef,
  args: TextArgs,
): Promise<string | null> {
  const { maxBytes } = parseTextArgs(args);
  const start = await startArtifactText(loaders, job, args);
  if (!start) return null;
  const text = decodeText(start.bytes, start.isCut);
  if (text === undefined) {
    throw badUserInput('The file is not text in UTF-8. Download it: see `artifactsFile`.');
  }
  const { length } = start.bytes;
  if (start.isCut && length < maxBytes) {
    throw tooMuchText(
      `Only ${length} bytes of the file can be read now: the gateway limits each file, and all logs and files that are read at the same time. Request a \`maxBytes\` of at most ${length}.`,
    );
  }
  if (!logs.recordOutput({ characters: text.length })) {
    throw tooMuchText(
      'The response would contain too much text of logs and files. Request fewer of them, or a lower `maxBytes`.',
    );
  }
  return text;
}
