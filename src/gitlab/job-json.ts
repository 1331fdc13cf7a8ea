/*
 * Parses the jobs of a list. Most rows of a list repeat objects of earlier rows: the jobs of a
 * pipeline have one commit, and few users and runners. These objects are most of a row's JSON. So
 * each is parsed and validated once for a list, and the rows share it (docs/performance.md).
 *
 * The objects are found by searching for the text around them. So that nothing is misread, each
 * part of a row must be JSON by itself. Otherwise the row is parsed as a whole.
 */
import { parseExactJson } from '../util/json.ts';
import type { ParseRow } from './json-list.ts';
import { sharedInJobs } from './rows.ts';
import { isObject, type Optional, validOrNull } from './shape.ts';

type SharedName = keyof typeof sharedInJobs;

const names = Object.keys(sharedInJobs) as SharedName[];

/** The text before the value of each member, such as `,"user":`, by name of the member. */
const keys = Object.fromEntries(names.map((name) => [name, `,"${name}":`])) as Record<
  SharedName,
  string
>;

/** A shared object in the text of a row. */
interface Part {
  readonly name: SharedName;
  /** The index of the comma before the member. */
  readonly start: number;
  /** The index after the last character of the value. */
  readonly end: number;
}

/**
 * The end of an object and the beginning of the next member. In a string, these characters can only
 * be the last ones, with its closing quote. What precedes them is then not JSON.
 */
const OBJECT_END = '},"';
/** A commit contains objects, so its end is recognized by the member after it. */
const COMMIT_END = '},"pipeline":';

/**
 * Returns the member at `start`. Undefined if another member begins there, or if the value of the
 * member is not an object.
 */
function partAt(text: string, name: SharedName, start: number): Part | undefined {
  const key = keys[name];
  const valueStart = start + key.length;
  if (start < 0 || !text.startsWith(key, start) || text[valueStart] !== '{') return undefined;
  const end = text.indexOf(name === 'commit' ? COMMIT_END : OBJECT_END, valueStart);
  return end < 0 ? undefined : { name, start, end: end + 1 };
}

/**
 * Finds the shared objects of a row in GitLab's order: `commit` and `pipeline` follow `user`, and
 * `runner_manager` follows `runner`. Undefined if `user`, `commit` or `pipeline` is not an object,
 * or if the found objects may be members of another object in the row: if another object begins
 * before `user`, or if another object ends after `runner` and `runner_manager`.
 */
function findParts(text: string): Part[] | undefined {
  const parts: Part[] = [];
  const add = (name: SharedName, start: number): number => {
    const part = partAt(text, name, start);
    if (part) parts.push(part);
    return part?.end ?? -1;
  };
  const userStart = text.indexOf(keys.user);
  if (text.indexOf('{', 1) !== userStart + keys.user.length) return undefined;
  const pipelineEnd = add('pipeline', add('commit', add('user', userStart)));
  if (pipelineEnd < 0) return undefined;
  const runnerEnd = add('runner', text.indexOf(keys.runner, pipelineEnd));
  const end = Math.max(runnerEnd, add('runner_manager', runnerEnd));
  return end < 0 || text.indexOf('}', end) === text.length - 1 ? parts : undefined;
}

/** The value that stands for a part in the text of a row. It keeps the order of the members. */
const PLACEHOLDER = 0;

/** Returns the text of a row with placeholders as the values of these parts. */
function withPlaceholders(text: string, parts: readonly Part[]): string {
  let own = '';
  let from = 0;
  for (const { name, start, end } of parts) {
    own += text.slice(from, start + keys[name].length) + PLACEHOLDER;
    from = end;
  }
  return own + text.slice(from);
}

/** Parses JSON whose bytes were decoded as Latin-1, although they are UTF-8. Throws SyntaxError. */
const parseLatin1 = (text: string): unknown => {
  const isAscii = Buffer.byteLength(text) === text.length;
  return parseExactJson(isAscii ? text : Buffer.from(text, 'latin1').toString());
};

const validate = (name: SharedName, value: unknown) =>
  validOrNull(sharedInJobs[name] as Optional<unknown>, value);

type Members = Record<string, unknown>;

/**
 * Different objects of one name in the rows so far, at most MAX_SEEN, because each object of a
 * further row is compared with all of them. A comparison takes less than a lookup in a map, which
 * would need a hash of the text.
 */
interface Seen {
  readonly texts: string[];
  readonly values: unknown[];
}
const MAX_SEEN = 16;
/**
 * Number of objects from which on rows are parsed as a whole while less than half of the objects
 * occurred before: if none does, finding them takes longer than parsing them.
 */
const MIN_OBJECTS = 40;

/**
 * Returns a function that parses the rows of one list. It gets the body and where the row begins
 * and ends. The shared objects of a row are then valid or null; its other members are not
 * validated. Throws SyntaxError.
 */
export function createJobParser(): ParseRow {
  const seen: Partial<Record<SharedName, Seen>> = {};
  let found = 0;
  let repeated = 0;
  const isWorthFinding = () => found < MIN_OBJECTS || 2 * repeated >= found;

  const parsePart = (text: string, { name, start, end }: Part): unknown => {
    const json = text.slice(start + keys[name].length, end);
    seen[name] ??= { texts: [], values: [] };
    const { texts, values } = seen[name];
    const index = texts.indexOf(json);
    found += 1;
    if (index >= 0) {
      repeated += 1;
      return values[index];
    }
    const value = validate(name, parseLatin1(json));
    if (texts.length < MAX_SEEN) {
      texts.push(json);
      values.push(value);
    }
    return value;
  };

  /** Returns undefined if the row does not have the expected form. */
  const parseParts = (text: string): Members | undefined => {
    const parts = findParts(text);
    if (!parts) return undefined;
    try {
      const row = parseLatin1(withPlaceholders(text, parts)) as Members;
      // A later member of the same name has replaced the placeholder.
      if (parts.some(({ name }) => row[name] !== PLACEHOLDER)) return undefined;
      for (const name of names) {
        const part = parts.find((one) => one.name === name);
        row[name] = part ? parsePart(text, part) : validate(name, row[name]);
      }
      return row;
    } catch {
      return undefined;
    }
  };

  return (body, start, end) => {
    const row = isWorthFinding() && parseParts(body.toString('latin1', start, end));
    if (row) return row;
    // Counts as many objects that did not occur before, so that a list of such rows ends the search.
    found += 2 * names.length;
    const value = parseExactJson(body.toString('utf8', start, end));
    if (isObject(value)) for (const name of names) value[name] = validate(name, value[name]);
    return value;
  };
}
