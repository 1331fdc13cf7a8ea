/*
 * From an answer's body to the validated rows a caller gets: parsed once, checked against rest.ts,
 * and given the identity that GitLab leaves out of them.
 */
import type { Readable } from 'node:stream';
import { GitlabResponseError } from './errors.ts';
import {
  type BuildResult,
  type Call,
  originOf,
  type RawResponse,
  type Read,
  type ResponseHead,
} from './request.ts';
import type { Identified, RestPipelineBasic } from './rows.ts';
import type { Shape } from './shape.ts';
import { headerOf } from './transport/headers.ts';

/** A row, checked. Throws GitlabResponseError for one that is not the contract's. */
type Row<T> = (value: unknown, refuse: (detail: string) => never) => T;

function refusal(answer: RawResponse, call: Call, cause?: unknown): (detail: string) => never {
  return (detail) => {
    throw new GitlabResponseError(detail, answer, originOf(call, answer, cause));
  };
}

function parseJson(answer: RawResponse, call: Call): unknown {
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

/** Checks a value against a shape of rest.ts. */
export function shapeOf<T>(shape: Shape<T>): Row<T> {
  return (value, refuse) => {
    const found = shape.mismatch(value);
    if (found === undefined) return value as T;
    return refuse(found.startsWith('.') ? found.slice(1) : `it${found}`);
  };
}

/**
 * The same for a job or bridge, with its identity: `kind`, and the pipeline's numeric project id.
 * Where a server leaves that out, the project as asked for stands in.
 */
export function identifiedBy<T extends { pipeline?: RestPipelineBasic | null | undefined }>(
  shape: Shape<T>,
  identity: { kind: 'BUILD' | 'BRIDGE'; project: string | undefined },
): Row<Identified<T>> {
  const row = shapeOf(shape);
  return (value, refuse) => {
    const checked = row(value, refuse);
    const project = checked.pipeline?.project_id ?? identity.project;
    if (project === undefined) return refuse('it does not say which project it belongs to');
    // The row is ours alone: JSON.parse has just made it.
    return Object.assign(checked, { kind: identity.kind, project_id: String(project) });
  };
}

/**
 * Completes with what is there already. A function of its own, as is `withEnvelope`: what it closes
 * over is kept as long as the ETag, and that must not be the call or the unparsed body.
 */
function as<T>(value: T): BuildResult<T> {
  return () => value;
}

/** Tells what surrounds a list's rows. */
type Envelope<T, P> = (items: T[], head: ResponseHead, call: Call) => P;

function withEnvelope<T, P>(items: T[], envelope: Envelope<T, P>): BuildResult<P> {
  return (head, call) => envelope(items, head, call);
}

/** Reads a body that is one row. */
export function readOne<T>(row: Row<T>): Read<T> {
  return (answer, call) => as(row(parseJson(answer, call), refusal(answer, call)));
}

/** Reads a body that is a list of rows, then its envelope. One broken row breaks the list: rows never vanish. */
export function readList<T, P>(row: Row<T>, envelope: Envelope<T, P>): Read<P> {
  return (answer, call) => {
    const refuse = refusal(answer, call);
    const values = parseJson(answer, call);
    if (!Array.isArray(values)) return refuse('it is not a list');
    const items = values.map((value, index) =>
      row(value, (detail) => refuse(`row ${index}: ${detail}`)),
    );
    return withEnvelope(items, envelope);
  };
}

/** A log may hold HTML, but its media type is text/plain (upstream.md §7). */
function refuseHtml(answer: RawResponse, call: Call): void {
  const type = headerOf(answer.headers, 'content-type') ?? '';
  if (!/^text\/html\b/i.test(type)) return;
  answer.stream?.destroy();
  refusal(answer, call)('a web page instead of a log');
}

/** A body that is not JSON; a web page in its place, as a proxy may send, is refused. */
export function readText(answer: RawResponse, call: Call): BuildResult<Buffer> {
  refuseHtml(answer, call);
  return as(answer.body);
}

/** A text as it comes. */
export interface TextStream extends ResponseHead {
  readonly body: Readable;
}

/** The same, unread. */
export function readStream(answer: RawResponse, call: Call): BuildResult<TextStream> {
  refuseHtml(answer, call);
  if (!answer.stream) return refusal(answer, call)('it has no body');
  return as({ status: answer.status, headers: answer.headers, body: answer.stream });
}
