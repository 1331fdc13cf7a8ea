import { parseExactJson } from '../util/json.ts';
import { compareIds } from './lists/page-request.ts';

/**
 * The end of one row and the beginning of the next: each row of GitLab begins with its id. No JSON
 * string can contain these bytes, because a string contains no quotes without a backslash. If they
 * occur inside a row, in a nested list, the row is cut into parts that are not JSON.
 */
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

/** Parses the row between two indexes of a body. Throws SyntaxError. */
export type ParseRow = (body: Buffer, start: number, end: number) => unknown;

export const parseExactRow: ParseRow = (body, start, end) =>
  parseExactJson(body.toString('utf8', start, end));

/** Applies the parser to a row that has already been parsed as a part of the whole body. */
function parseAgain(row: unknown, parse: ParseRow): unknown {
  if (parse === parseExactRow) return row;
  const json = Buffer.from(JSON.stringify(row));
  return parse(json, 0, json.length);
}

/**
 * Parses the body of a list row by row. For a page of 100 jobs, this takes a third less CPU than
 * parsing the whole body, and causes less garbage collection (docs/performance.md). If the rows
 * cannot be separated, parses the body as a whole. Returns the parsed value of a body that is not a
 * list. Throws SyntaxError.
 */
export function parseRows(body: Buffer, parse: ParseRow): unknown {
  if (isList(body)) {
    try {
      return findRows(body).map(([start, end]) => parse(body, start, end));
    } catch {
      // The rows cannot be separated, or the body is not JSON. The code below parses the whole body
      // or throws.
    }
  }
  const rows = parseExactJson(body.toString());
  return Array.isArray(rows) ? rows.map((row) => parseAgain(row, parse)) : rows;
}

/** A row of a list whose JSON is not parsed yet. It keeps the whole body in memory. */
export interface RawRow {
  /** Decimal digits. */
  readonly id: string;
  /** Throws SyntaxError. */
  parse(parse: ParseRow): unknown;
}

/** The first bytes of a row. Ids have at most 19 digits. */
const ROW_START = /^\{"id":([1-9]\d{0,18})[,}]/;
const MAX_ROW_START = '{"id":,'.length + 19;

/**
 * Returns the rows of a list without parsing them, for a caller that needs only some of them. Only
 * the last row is parsed, to check that it is a complete row: callers conclude from its id which
 * jobs do not exist.
 *
 * Returns undefined if the rows cannot be separated with certainty, for example if their ids do not
 * descend. In this case, use `parseRows`.
 */
export function splitRows(body: Buffer): RawRow[] | undefined {
  if (!isList(body)) return undefined;
  const spans = findRows(body);
  const rows: RawRow[] = [];
  for (const span of spans) {
    const id = ROW_START.exec(body.toString('latin1', span[0], span[0] + MAX_ROW_START))?.[1];
    const previous = rows.at(-1);
    if (id === undefined || (previous && compareIds(id, previous.id) >= 0)) return undefined;
    rows.push({ id, parse: (parse) => parseRow(body, span, id, parse) });
  }
  const last = spans.at(-1);
  return last && isJson(body, last) ? rows : undefined;
}

function isJson(body: Buffer, [start, end]: Span): boolean {
  try {
    parseExactRow(body, start, end);
    return true;
  } catch {
    return false;
  }
}

function parseRow(body: Buffer, [start, end]: Span, id: string, parse: ParseRow): unknown {
  try {
    return parse(body, start, end);
  } catch {
    // The bytes of BETWEEN_ROWS also occur inside this row, or the row is not JSON.
    const rows = parseExactJson(body.toString()) as { id?: unknown }[];
    const found = rows.find((row) => String(row?.id) === id);
    return found && parseAgain(found, parse);
  }
}
