/*
 * Readers parse a response body, check it against the shapes of rows.ts, and add the identity that
 * GitLab omits: the project and the kind of job.
 */
import type { Readable } from 'node:stream';
import { parseExactJson } from '../util/json.ts';
import { GitlabResponseError } from './errors.ts';
import { type ParseRow, parseRows, splitRows } from './json-list.ts';
import {
  type BuildResult,
  type Call,
  originOf,
  type RawResponse,
  type Read,
  type ResponseHead,
} from './request.ts';
import {
  type Identified,
  type ListedPipeline,
  type RestCommit,
  type RestPipelineBasic,
  restListedPipeline,
} from './rows.ts';
import type { Shape } from './shape.ts';
import { headerOf, readCount, readDate } from './transport/headers.ts';

/** Validates a row. Calls `refuse`, which throws, if the row violates the API's contract. */
export type Row<T> = (value: unknown, refuse: Refuse) => T;

type Refuse = (detail: string) => never;

function refusal(response: ResponseHead, call: Call): Refuse {
  return (detail) => {
    throw new GitlabResponseError(detail, response, originOf(call, response));
  };
}

function parseBody(body: Buffer, parse: (body: Buffer) => unknown, refuse: Refuse): unknown {
  return body.length === 0 ? refuse('it is empty') : orRefuse(() => parse(body), refuse);
}

const parseJson = (body: Buffer) => parseExactJson(body.toString());

function orRefuse(parse: () => unknown, refuse: Refuse): unknown {
  try {
    return parse();
  } catch {
    // The parser's error is not passed on as the cause, because its message quotes the body.
    return refuse('broken JSON');
  }
}

export function shapeOf<T>(shape: Shape<T>): Row<T> {
  return (value, refuse) => {
    const found = shape.mismatch(value);
    if (found === undefined) return value as T;
    return refuse(found.startsWith('.') ? found.slice(1) : `it${found}`);
  };
}

export interface Identity {
  kind: 'BUILD' | 'BRIDGE';
  /** The requested project and pipeline. A row that does not name its own gets these. */
  project?: string | undefined;
  pipeline?: string | undefined;
  /** False for a list without retried jobs. */
  retried?: false | undefined;
}

/**
 * Returns a function that validates a job or bridge and adds its identity: `kind`, `project_id`
 * and, if `pipeline` is given, `pipeline_id` (see `Identified` in rows.ts). The function rejects a
 * row whose project differs from the project of the first row. If `pipeline` is given, it also
 * rejects a row whose pipeline differs from the pipeline of the first row.
 */
export function identifiedBy<
  T extends {
    pipeline?: RestPipelineBasic | null | undefined;
    commit?: RestCommit | null | undefined;
  },
>(shape: Shape<T>, { kind, project, pipeline, retried }: Identity): Row<Identified<T>> {
  const row = shapeOf(shape);
  const checkProject = ofOneOwner('project');
  const checkPipeline = ofOneOwner('pipeline');
  return (value, refuse) => {
    const checked = row(value, refuse);
    const owner = checked.pipeline?.project_id ?? project;
    if (owner === undefined) return refuse('it does not say which project it belongs to');
    checkProject(checked.pipeline?.project_id, refuse);
    if (pipeline) checkPipeline(checked.pipeline?.id, refuse);
    const project_id = String(owner);
    const pipeline_id = pipeline && (checked.pipeline?.id ?? pipeline);
    // Safe to change: only rows of this response share the commit, and all of them belong to the
    // same project.
    if (checked.commit) Object.assign(checked.commit, { project_id });
    return Object.assign(checked, { kind, project_id, pipeline_id, retried }) as Identified<T>;
  };
}

/**
 * Returns a function that validates a row of a project's list of pipelines and adds `project_id`
 * (see `ListedPipeline` in rows.ts). The function rejects a row that belongs to another project
 * than the first row.
 */
export function pipelineOf(project: string): Row<ListedPipeline> {
  const row = shapeOf(restListedPipeline);
  const checkProject = ofOneOwner('project');
  return (value, refuse) => {
    const checked = row(value, refuse);
    checkProject(checked.project_id, refuse);
    const project_id = String(checked.project_id ?? project);
    return Object.assign(checked, { project_id, name: checked.name ?? null });
  };
}

/**
 * Creates a check that rejects a row whose project or pipeline differs from the first row's. A
 * faulty cache may send such a row. A row that does not name its project or pipeline passes.
 */
function ofOneOwner(type: 'project' | 'pipeline') {
  let first: number | string | undefined;
  return (owner: number | string | null | undefined, refuse: (detail: string) => never) => {
    if (owner == null) return;
    first ??= owner;
    if (String(owner) !== String(first)) refuse(`it belongs to the ${type} ${owner}, not ${first}`);
  };
}

/**
 * Returns a function that validates a row and rejects it if its id is not `id`. A faulty cache may
 * send another row. Showing or changing another job would be worse than an error.
 */
export function withId<T extends { id: number | string }>(row: Row<T>, id: string): Row<T> {
  return (value, refuse) => {
    const checked = row(value, refuse);
    return String(checked.id) === id
      ? checked
      : refuse(`it has the id ${checked.id} instead of ${id}`);
  };
}

/**
 * Returns a function that returns `value`, whatever the response headers are. The ETag cache
 * retains this function. It must not retain the call and the body, so it is created here, where
 * only the value is in scope.
 */
const resultOf =
  <T>(value: T): BuildResult<T> =>
  () =>
    value;

type Envelope<T, P> = (items: T[], head: ResponseHead, call: Call) => P;

function withEnvelope<T, P>(items: T[], envelope: Envelope<T, P>): BuildResult<P> {
  return (head, call) => envelope(items, head, call);
}

export function readOne<T>(row: Row<T>): Read<T> {
  return (response, call) => {
    const refuse = refusal(response, call);
    return resultOf(row(parseBody(response.body, parseJson, refuse), refuse));
  };
}

/** A row, and when the server sent it. */
export interface Dated<T> {
  readonly value: T;
  /**
   * In ms since 1970 by the server's clock, with a resolution of one second. Undefined without a
   * valid Date header.
   */
  readonly sentAt: number | undefined;
}

export function readDated<T>(row: Row<T>): Read<Dated<T>> {
  const read = readOne(row);
  return (response, call) => {
    const build = read(response, call);
    return (head) => ({ value: build(head, call), sentAt: readDate(head.headers) });
  };
}

/**
 * Returns a reader of a list of rows. `envelope` builds the page from the rows. An invalid row
 * fails the whole list.
 */
export function readList<T, P>(rows: ListRows<T>, envelope: Envelope<T, P>): Read<P> {
  return (response, call) => withEnvelope(parseList(rows, response, call), envelope);
}

/** How the rows of a list are parsed and validated. */
export interface ListRows<T> {
  /** Creates the parser for the rows of one response. */
  readonly createParser: () => ParseRow;
  readonly validate: Row<T>;
}

function parseList<T>(rows: ListRows<T>, response: RawResponse, call: Call): T[] {
  const refuse = refusal(response, call);
  const parse = (body: Buffer) => parseRows(body, rows.createParser());
  const values = parseBody(response.body, parse, refuse);
  if (!Array.isArray(values)) return refuse('it is not a list');
  return values.map((value, index) => rows.validate(value, refuseRow(refuse, index)));
}

const refuseRow =
  (refuse: Refuse, index: number): Refuse =>
  (detail) =>
    refuse(`row ${index}: ${detail}`);

/** A row that is parsed and validated when it is first read. */
export interface LazyRow<T> {
  readonly id: number | string;
  /** Throws GitlabResponseError if the row is invalid. */
  read(): T;
}

/**
 * A lazy row that several responses may share, because the ETag cache retains it. `refuse` throws
 * an error about the response for which the row is read.
 */
interface UnboundRow<T> {
  readonly id: number | string;
  read(refuse: Refuse): T;
}

/**
 * Returns a reader that parses and validates only the rows with the ids `wanted`, or all rows if
 * `wanted` is undefined. Any other row is parsed when it is first used. So an invalid row that is
 * not needed usually causes no error.
 *
 * Requests for one URL may share a result although they need different rows. So either all requests
 * for a URL must use this reader, or none.
 */
export function readLazyList<T extends { id: number | string }, P>(
  rows: ListRows<T>,
  envelope: Envelope<LazyRow<T>, P>,
  wanted: ReadonlySet<string> | undefined,
): Read<P> {
  return (response, call) => {
    const raw = wanted && splitRows(response.body);
    if (!raw) return withLazyRows(parseList(rows, response, call).map(alreadyRead), envelope);
    const refuse = refusal(response, call);
    const parse = rows.createParser();
    const found = raw.map((row, index) =>
      readOnce(row.id, () => row.parse(parse), {
        validate: withId(rows.validate, row.id),
        index,
      }),
    );
    for (const { id, read } of found) if (wanted.has(String(id))) read(refuse);
    return withLazyRows(found, envelope);
  };
}

const alreadyRead = <T extends { id: number | string }>(row: T): UnboundRow<T> => ({
  id: row.id,
  read: () => row,
});

/**
 * Creates a row that calls `parse` when it is first read. `parse` keeps the body in memory, so the
 * row releases `parse` after this call.
 */
function readOnce<T extends { id: number | string }>(
  id: string,
  parse: () => unknown,
  { validate, index }: { validate: Row<T>; index: number },
): UnboundRow<T> {
  let unread: typeof parse | undefined = parse;
  let found: T;
  const read = (refuse: Refuse): T => {
    if (unread) {
      const value = orRefuse(unread, refuse);
      found = validate(value, refuseRow(refuse, index));
      unread = undefined;
    }
    return found;
  };
  return { id, read };
}

/**
 * Returns a function that builds a page of lazy rows. The function captures neither the call nor
 * the response, because the ETag cache retains the function.
 */
function withLazyRows<T, P>(
  rows: UnboundRow<T>[],
  envelope: Envelope<LazyRow<T>, P>,
): BuildResult<P> {
  return (head, call) => {
    const refuse = refusal(head, call);
    const bound = rows.map((row) => ({ id: row.id, read: () => row.read(refuse) }));
    return envelope(bound, head, call);
  };
}

export function readText(response: RawResponse): BuildResult<Buffer> {
  return resultOf(response.body);
}

/** A file to download. */
export interface FileStream {
  readonly body: Readable;
  /** In bytes; undefined if the response does not show it. */
  readonly size: number | undefined;
  /** The Content-Disposition header, which contains the file name. */
  readonly disposition: string | undefined;
}

export function readFile(response: RawResponse, call: Call): BuildResult<FileStream> {
  const { headers, stream: body } = response;
  if (!body) return refusal(response, call)('it has no body');
  // Content-Length is the length of the encoded body, not of the file.
  const isEncoded = headers['content-encoding'] !== undefined;
  const size = isEncoded ? undefined : readCount(headers, 'content-length');
  return resultOf({ body, size, disposition: headerOf(headers, 'content-disposition') });
}

export interface TextStream extends ResponseHead {
  readonly body: Readable;
}

export function readStream(response: RawResponse, call: Call): BuildResult<TextStream> {
  if (!response.stream) return refusal(response, call)('it has no body');
  return resultOf({ status: response.status, headers: response.headers, body: response.stream });
}
