/*
 * From an answer's body to the validated rows a caller gets: parsed once, checked against rest.ts,
 * and given the identity that GitLab leaves out of them.
 */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { type Call, originOf, type RawAnswer, type Read } from './call.ts';
import { GitlabResponseError } from './errors.ts';
import { type Headers, headerOf } from './headers.ts';
import type { Identified, RestPipelineBasic } from './rest.ts';

/** A row, checked. Throws GitlabResponseError for one that is not the contract's. */
type Row<T> = (value: unknown, refuse: (detail: string) => never) => T;

function refusal(answer: RawAnswer, call: Call, cause?: unknown): (detail: string) => never {
  return (detail) => {
    throw new GitlabResponseError(detail, answer, originOf(call, answer, cause));
  };
}

function parseJson(answer: RawAnswer, call: Call): unknown {
  const text = answer.body.toString();
  if (text === '') return refusal(answer, call)('it is empty');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, so it is no cause to keep.
    const isHtml = text.trimStart().startsWith('<');
    return refusal(answer, call)(isHtml ? 'a web page instead of JSON' : 'broken JSON');
  }
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : 'it has another shape';
}

/** Checks a value against a shape of rest.ts. */
export function shapeOf<T>(shape: z.ZodType<T>): Row<T> {
  return (value, refuse) => {
    const result = shape.safeParse(value);
    return result.success ? result.data : refuse(describe(result.error));
  };
}

/**
 * The same for a job or bridge, with its identity: `kind`, and the pipeline's numeric project id.
 * Where a server leaves that out, the project as asked for stands in (design §3).
 */
export function identifiedBy<T extends { pipeline?: RestPipelineBasic | null | undefined }>(
  shape: z.ZodType<T>,
  identity: { kind: 'BUILD' | 'BRIDGE'; project: string | undefined },
): Row<Identified<T>> {
  const row = shapeOf(shape);
  return (value, refuse) => {
    const checked = row(value, refuse);
    const project = checked.pipeline?.project_id ?? identity.project;
    if (project === undefined) return refuse('it does not say which project it belongs to');
    // The checked row is ours alone: a new object, made by the validator.
    return Object.assign(checked, { kind: identity.kind, project_id: String(project) });
  };
}

/** Reads a body that is one row. */
export function readOne<T>(row: Row<T>): Read<T> {
  return (answer, call) => row(parseJson(answer, call), refusal(answer, call));
}

/** Reads a body that is a list of rows, then its envelope. One broken row breaks the list: rows never vanish. */
export function readList<T, P>(
  row: Row<T>,
  envelope: (items: T[], answer: RawAnswer, call: Call) => P,
): Read<P> {
  return (answer, call) => {
    const refuse = refusal(answer, call);
    const values = parseJson(answer, call);
    if (!Array.isArray(values)) return refuse('it is not a list');
    const items = values.map((value, index) =>
      row(value, (detail) => refuse(`row ${index}: ${detail}`)),
    );
    return envelope(items, answer, call);
  };
}

/** A body that is not JSON; a web page in its place, as a proxy may send, is refused. */
export function readText(answer: RawAnswer, call: Call): Buffer {
  refuseHtml(answer, call);
  return answer.body;
}

/** A text as it comes. */
export interface OpenText {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readable;
}

/** The same, unread. */
export function readStream(answer: RawAnswer, call: Call): OpenText {
  if (!answer.stream) return refusal(answer, call)('it has no body');
  try {
    refuseHtml(answer, call);
  } catch (error) {
    answer.stream.destroy();
    throw error;
  }
  return { status: answer.status, headers: answer.headers, body: answer.stream };
}

/** A log may hold HTML, but its media type is text/plain (gitlab-jobs-api §7). */
function refuseHtml(answer: RawAnswer, call: Call): void {
  const type = headerOf(answer.headers, 'content-type') ?? '';
  if (/^text\/html\b/i.test(type)) refusal(answer, call)('a web page instead of a log');
}
