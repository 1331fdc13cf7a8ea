/*
 * Parses the jobs of a list. Many rows contain equal objects: the jobs of a pipeline have one
 * commit, and few different users and runners. These objects are two thirds of a row's JSON. So
 * equal objects are parsed and validated only once per list, and the rows share the result
 * (docs/performance.md). MAX_SEEN and MIN_OBJECTS limit this to lists in which it saves time.
 *
 * The objects are found by searching for the text around them. If an object, or the row without its
 * objects, is not valid JSON, the row was cut at a wrong place and is parsed as a whole.
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

/** The position of a shared object in the text of a row. */
interface Part {
  readonly name: SharedName;
  /** The index of the comma before the member. */
  readonly start: number;
  /** The index after the last character of the value. */
  readonly end: number;
}

/**
 * The text that marks the end of an object and the beginning of the next member. This text also
 * occurs where a string of the object ends with `},`. In this case, the object is cut inside the
 * string, is not valid JSON, and the row is parsed as a whole.
 */
const OBJECT_END = '},"';
/**
 * The text that marks the end of a commit and the beginning of the next member. A commit may
 * contain objects, so OBJECT_END may also occur inside it.
 */
const COMMIT_END = '},"pipeline":';

/**
 * Returns the position of the member `name`, which must begin at `start`. Undefined if another
 * member begins there, or if the value of the member is not an object.
 */
function partAt(text: string, name: SharedName, start: number): Part | undefined {
  const key = keys[name];
  const valueStart = start + key.length;
  if (start < 0 || !text.startsWith(key, start) || text[valueStart] !== '{') return undefined;
  const end = text.indexOf(name === 'commit' ? COMMIT_END : OBJECT_END, valueStart);
  return end < 0 ? undefined : { name, start, end: end + 1 };
}

/**
 * Finds the shared objects of a row. GitLab sends `user`, `commit` and `pipeline` directly after
 * one another, and later `runner` and `runner_manager`. Returns undefined if the row has another
 * form.
 */
function findParts(text: string): Part[] | undefined {
  const parts: Part[] = [];
  const add = (name: SharedName, start: number): number => {
    const part = partAt(text, name, start);
    if (part) parts.push(part);
    return part?.end ?? -1;
  };
  const userStart = text.indexOf(keys.user);
  // `user` must be the first object. Another object before it may contain the shared objects.
  if (text.indexOf('{', 1) !== userStart + keys.user.length) return undefined;
  const pipelineEnd = add('pipeline', add('commit', add('user', userStart)));
  if (pipelineEnd < 0) return undefined;
  const runnerEnd = add('runner', text.indexOf(keys.runner, pipelineEnd));
  const end = Math.max(runnerEnd, add('runner_manager', runnerEnd));
  // No other object may end after `runner` or `runner_manager`, because it may contain them.
  return end < 0 || text.indexOf('}', end) === text.length - 1 ? parts : undefined;
}

/**
 * The value that replaces a shared object in the text of a row. The member itself stays in the
 * text, so the parsed row has its members in the original order.
 */
const PLACEHOLDER = 0;

/** Returns the text of a row with the values of `parts` replaced by PLACEHOLDER. */
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
 * The first MAX_SEEN different objects of one member, such as `user`. The text of each further
 * object is compared with the texts of these. For so few texts, this takes less time than a lookup
 * in a Map, which would have to hash the text.
 */
interface Seen {
  readonly texts: string[];
  readonly values: unknown[];
}
const MAX_SEEN = 16;
/**
 * After this number of objects, the next rows are parsed as a whole if less than half of the
 * objects occurred before. Finding objects takes longer than parsing them if no object occurs
 * twice.
 */
const MIN_OBJECTS = 40;

/**
 * Returns the parser for the rows of one list. In a parsed row, the shared objects are valid or
 * null; the other members are not validated. The parser throws SyntaxError.
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
      // If a row has two members of one name, the second one has replaced the placeholder.
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
    // Counts twice as many new objects as a row can have, so that the search for objects ends after
    // a few rows like this one.
    found += 2 * names.length;
    const value = parseExactJson(body.toString('utf8', start, end));
    if (isObject(value)) for (const name of names) value[name] = validate(name, value[name]);
    return value;
  };
}
