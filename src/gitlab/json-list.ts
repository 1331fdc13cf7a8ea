import { parseExactJson } from '../util/json.ts';
import { compareIds } from './lists/page-request.ts';

/** The end of one row and the beginning of the next: each row of GitLab begins with its id. */
const BETWEEN_ROWS = Buffer.from('},{"id":');

/** Where a row begins and ends; the end is the index after its last byte. */
type Span = readonly [start: number, end: number];

function findRows(body: Buffer): Span[] {
  const rows: Span[] = [];
  let start = 1;
  let last = body.indexOf(BETWEEN_ROWS, start);
  while (last >= 0) {
    rows.push([start, last + 1]);
    start = last + 2;
    last = body.indexOf(BETWEEN_ROWS, start);
  }
  rows.push([start, body.length - 1]);
  return rows;
}

const isList = (body: Buffer) =>
  body.length > 2 && body[0] === 0x5b && body[body.length - 1] === 0x5d;

const parseSpan = (body: Buffer, [start, end]: Span) =>
  parseExactJson(body.toString('utf8', start, end));

/**
 * Parses the body of a response, row by row if it is a list. This takes a third less CPU for a page
 * of 100 jobs, and less garbage collection: the text of a whole page is a large object for V8, and
 * one character beyond Latin-1 in it doubles its size (docs/performance.md).
 *
 * The rows are found by the bytes between them, which no string in JSON can contain. If these bytes
 * also occur inside a row, the row is cut into parts that are not JSON. The body is then parsed as
 * a whole. A body that has white space between its rows, or whose rows do not begin with `id`, is
 * parsed as a whole, too. Throws SyntaxError.
 */
export function parseBody(body: Buffer): unknown {
  if (isList(body)) {
    try {
      return findRows(body).map((span) => parseSpan(body, span));
    } catch {
      // The body has another form, or is not JSON. The last line of this function parses it or
      // throws.
    }
  }
  return parseExactJson(body.toString());
}

/** A row of a list whose JSON is not parsed yet. It keeps the whole body in memory. */
export interface RawRow {
  /** Decimal digits. */
  readonly id: string;
  /** Throws SyntaxError. */
  parse(): unknown;
}

/** The first bytes of a row. Ids have at most 19 digits. */
const ROW_START = /^\{"id":([1-9]\d{0,18})[,}]/;
const MAX_ROW_START = '{"id":,'.length + 19;

/**
 * Returns the rows of a list without parsing them, for a caller that needs only some of them.
 * Parses only the last row, to check its id: callers conclude from this id which jobs do not exist.
 *
 * Returns undefined if the rows are not certain: the body is empty or not a list, a row does not
 * begin with its id, the ids do not descend, or the last row is not JSON. Then use `parseBody`.
 */
export function splitRows(body: Buffer): RawRow[] | undefined {
  if (!isList(body)) return undefined;
  const spans = findRows(body);
  const rows: RawRow[] = [];
  for (const span of spans) {
    const id = ROW_START.exec(body.toString('latin1', span[0], span[0] + MAX_ROW_START))?.[1];
    const previous = rows.at(-1);
    if (id === undefined || (previous && compareIds(id, previous.id) >= 0)) return undefined;
    rows.push({ id, parse: () => parseRow(body, span, id) });
  }
  const last = spans.at(-1);
  return last && isJson(body, last) ? rows : undefined;
}

function isJson(body: Buffer, span: Span): boolean {
  try {
    parseSpan(body, span);
    return true;
  } catch {
    return false;
  }
}

function parseRow(body: Buffer, span: Span, id: string): unknown {
  try {
    return parseSpan(body, span);
  } catch {
    // The bytes of BETWEEN_ROWS also occur inside this row, or the row is not JSON.
    const rows = parseExactJson(body.toString()) as { id?: unknown }[];
    return rows.find((row) => String(row?.id) === id);
  }
}
