import { invalidParameters } from './failure.ts';
import { isHash, type Param, type Params } from './params.ts';
import { scopeValues } from './statuses.ts';
import type { Capabilities } from './versions.ts';

const yes = new Set(['true', '1', 't', 'yes', 'y', 'on']);
const no = new Set(['false', '0', 'f', 'no', 'n', 'off']);

/** Reads declared parameters, gathers what is wrong with them, and says so all at once. */
export interface ParamReader {
  readonly params: Params;
  readonly problems: string[];
}

/** A reader without problems so far. */
export function readParams(params: Params): ParamReader {
  return { params, problems: [] };
}

/** Ends the request with `400 {"error": …}` if any parameter was wrong (upstream.md §1.1). */
export function check(reader: ParamReader): void {
  if (reader.problems.length > 0) throw invalidParameters(reader.problems);
}

function isBlank(value: Param | undefined): value is null | undefined | '' {
  return value === undefined || value === null || value === '';
}

/** A whole number; undefined when absent, blank or (then a problem) anything else. */
export function integer(reader: ParamReader, name: string): number | undefined {
  const value = reader.params[name];
  if (isBlank(value)) return undefined;
  const isNumber = typeof value === 'number' ? Number.isInteger(value) : isDigits(value);
  if (isNumber) return Number(value);
  reader.problems.push(`${name} is invalid`);
  return undefined;
}

function isDigits(value: Param): boolean {
  return typeof value === 'string' && /^[-+]?\d+$/.test(value);
}

/** A path's number, which is always there; 0 stands in for a bad one until {@link check}. */
export function pathInteger(reader: ParamReader, name: string): number {
  return integer(reader, name) ?? 0;
}

/** `true/false/1/0` and what else Grape takes for them. */
export function boolean(reader: ParamReader, name: string): boolean {
  const value = reader.params[name];
  if (isBlank(value)) return false;
  const word = typeof value === 'object' ? '' : String(value).toLowerCase();
  if (!yes.has(word) && !no.has(word)) reader.problems.push(`${name} is invalid`);
  return yes.has(word);
}

/** A hash of values, such as job inputs. */
export function hash(reader: ParamReader, name: string): Params {
  const value = reader.params[name];
  if (isBlank(value)) return {};
  if (isHash(value)) return value;
  reader.problems.push(`${name} is invalid`);
  return {};
}

/**
 * The statuses of the `scope` filter; null = all. A project's list also takes a hash's values, a
 * pipeline's does not (§2.1, §2.2).
 */
export function scope(
  reader: ParamReader,
  caps: Capabilities,
  options: { readonly hash: boolean },
): ReadonlySet<string> | null {
  const value = reader.params['scope'];
  if (value === undefined || value === null) return null;
  const values = scopeList(value, options.hash);
  const known = scopeValues(caps);
  if (values.every((each) => typeof each === 'string' && known.has(each))) {
    return values.length === 0 ? null : new Set(values as string[]);
  }
  reader.problems.push('scope does not have a valid value');
  return null;
}

function scopeList(value: Param, takesHash: boolean): Param[] {
  if (Array.isArray(value)) return value;
  if (isHash(value)) return takesHash ? Object.values(value) : ['unknown'];
  return [value];
}

/** The variables of a play: each needs a key and a value (§2.11). */
export function jobVariables(reader: ParamReader): { key: string; value: string }[] {
  const name = 'job_variables_attributes';
  const list = reader.params[name];
  if (isBlank(list)) return [];
  if (!Array.isArray(list) || !list.every(isHash)) {
    reader.problems.push(`${name} is invalid`);
    return [];
  }
  return list.map((each, at) => {
    for (const key of ['key', 'value']) {
      if (each[key] === undefined) reader.problems.push(`${name}[${at}][${key}] is missing`);
    }
    return { key: String(each['key']), value: String(each['value']) };
  });
}
