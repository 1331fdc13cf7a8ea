import { parseExactJson } from '../util/json.ts';

/** The end of one row and the beginning of the next: each row of GitLab begins with its id. */
const BETWEEN_ROWS = Buffer.from('},{"id":');

/** Returns where each row of a list begins and ends; the end is the index after its last byte. */
function findRows(body: Buffer): [start: number, end: number][] {
  const rows: [number, number][] = [];
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

/**
 * Parses the body of a response, row by row if it is a list. This takes a third less CPU for a page of
 * 100 jobs, and less garbage collection: the text of a whole page is a large object for V8, and one
 * character beyond Latin-1 in it doubles its size (docs/performance.md).
 *
 * The rows are found by the bytes between them, which no string in JSON can contain. If the same bytes
 * occur deeper in a row, a part of that row is no JSON, and the body is parsed as a whole, as is a body
 * with other spaces or another first member. Throws SyntaxError.
 */
export function parseBody(body: Buffer): unknown {
  if (isList(body)) {
    try {
      return findRows(body).map(([start, end]) =>
        parseExactJson(body.toString('utf8', start, end)),
      );
    } catch {
      // Not the expected form, or not JSON at all, which the next line reports.
    }
  }
  return parseExactJson(body.toString());
}
