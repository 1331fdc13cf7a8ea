import { invalidParameters } from './responses.ts';
import { scopeValues } from './statuses.ts';
import type { Capabilities } from './versions.ts';

/** A request parameter, as parsed from JSON or by Rack, the web server interface of Ruby. */
export type Param = string | number | boolean | null | Param[] | { [key: string]: Param };
export type Params = { [key: string]: Param };

const emptyParams = () => Object.create(null) as Params;

export function isHash(value: Param | undefined): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Splits `a[b][]` into `a`, `b` and an empty name. The empty name stands for an element of an
 * array.
 */
function keyParts(key: string): string[] {
  const open = key.indexOf('[');
  if (open <= 0) return [key];
  const inner = [...key.slice(open).matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? '');
  return [key.slice(0, open), ...inner];
}

/**
 * Appends to an array, as Ruby's Rack does: `list[][a]=1&list[][b]=2` adds one hash (object) to the
 * array. Another `list[][a]` begins a second hash, because the first one has the key `a`.
 */
function appendTo(list: Param[], rest: string[], value: string): void {
  const [next] = rest;
  if (next === undefined) {
    list.push(value);
    return;
  }
  const last = list.at(-1);
  const open = isHash(last) && !(next in last) ? last : emptyParams();
  if (open !== last) list.push(open);
  assign(open, rest, value);
}

function assign(target: Params, [name = '', ...rest]: string[], value: string): void {
  const [next] = rest;
  const existing = target[name];
  if (next === undefined) {
    target[name] = value;
  } else if (next === '') {
    const list = Array.isArray(existing) ? existing : [];
    target[name] = list;
    appendTo(list, rest.slice(1), value);
  } else {
    const hash = isHash(existing) ? existing : emptyParams();
    target[name] = hash;
    assign(hash, rest, value);
  }
}

/**
 * Parses a query or form into nested parameters, as Ruby's Rack does: `scope[]=a`, `list[][key]=b`,
 * `hash[key]=c`.
 */
export function parseNested(pairs: URLSearchParams): Params {
  const params = emptyParams();
  for (const [key, value] of pairs) assign(params, keyParts(key), value);
  return params;
}

/** Escapes like Ruby's CGI.escape, which Rails uses for the queries of links. */
function cgiEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function flatten(name: string, value: Param): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => flatten(`${name}[]`, item));
  if (isHash(value)) {
    return Object.entries(value).flatMap(([key, item]) => flatten(`${name}[${key}]`, item));
  }
  return [`${cgiEscape(name)}=${cgiEscape(String(value ?? ''))}`];
}

/** Formats parameters like Rails' `to_query`: all of them, sorted. */
export function toQuery(params: Params): string {
  return Object.entries(params)
    .flatMap(([name, value]) => flatten(name, value))
    .sort((a, b) => (a < b ? -1 : Number(a > b)))
    .join('&');
}

/**
 * The parameters of a request, and the problems found while they are read. One response reports all
 * problems.
 */
export interface ParamReader {
  readonly params: Params;
  readonly problems: string[];
}

/**
 * Calls `read` with a reader of the parameters. If a parameter is invalid, throws 400 with all
 * problems in `error` (upstream.md §1.1).
 */
export function readParams<T>({ params }: { params: Params }, read: (reader: ParamReader) => T): T {
  const reader: ParamReader = { params, problems: [] };
  const values = read(reader);
  if (reader.problems.length > 0) throw invalidParameters(reader.problems);
  return values;
}

function isBlank(value: Param | undefined): value is null | undefined | '' {
  return value === undefined || value === null || value === '';
}

function isInteger(value: Param): boolean {
  if (typeof value === 'number') return Number.isInteger(value);
  return typeof value === 'string' && /^[-+]?\d+$/.test(value);
}

/** Reads an integer. Undefined if the parameter is absent, blank or invalid. */
export function readInteger(reader: ParamReader, name: string): number | undefined {
  const value = reader.params[name];
  if (isBlank(value)) return undefined;
  if (isInteger(value)) return Number(value);
  reader.problems.push(`${name} is invalid`);
  return undefined;
}

export const readPathId = (reader: ParamReader, name: string) => readInteger(reader, name) ?? 0;

const trueWords = new Set(['true', '1', 't', 'yes', 'y', 'on']);
const falseWords = new Set(['false', '0', 'f', 'no', 'n', 'off']);

/**
 * Reads a boolean in any form that GitLab accepts, such as `yes` or `1`. False if the parameter is
 * absent, blank or invalid.
 */
export function readBoolean(reader: ParamReader, name: string): boolean {
  const value = reader.params[name];
  if (isBlank(value)) return false;
  const word = typeof value === 'object' ? '' : String(value).toLowerCase();
  if (!trueWords.has(word) && !falseWords.has(word)) reader.problems.push(`${name} is invalid`);
  return trueWords.has(word);
}

/** Reads text that must be one of `allowed`. Undefined if the parameter is absent or invalid. */
export function readChoice(
  reader: ParamReader,
  name: string,
  allowed: ReadonlySet<string>,
): string | undefined {
  const value = reader.params[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && allowed.has(value)) return value;
  reader.problems.push(`${name} does not have a valid value`);
  return undefined;
}

/** Reads text, a number or a boolean. Undefined if the parameter is absent, blank or an object. */
export function readText(reader: ParamReader, name: string): string | undefined {
  const value = reader.params[name];
  if (isBlank(value)) return undefined;
  if (typeof value !== 'object') return String(value);
  reader.problems.push(`${name} is invalid`);
  return undefined;
}

/** Reads a time in ms since 1970. Undefined if the parameter is absent, blank or invalid. */
export function readTime(reader: ParamReader, name: string): number | undefined {
  const text = readText(reader, name);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  reader.problems.push(`${name} is invalid`);
  return undefined;
}

/**
 * Reads a hash of values, such as job inputs. Empty if the parameter is absent, blank or invalid.
 */
export function readHash(reader: ParamReader, name: string): Params {
  const value = reader.params[name];
  if (isBlank(value)) return {};
  if (isHash(value)) return value;
  reader.problems.push(`${name} is invalid`);
  return {};
}

function scopeList(value: Param, allowHash: boolean): Param[] {
  if (Array.isArray(value)) return value;
  if (isHash(value)) return allowHash ? Object.values(value) : ['unknown'];
  return [value];
}

/**
 * Reads the statuses of the `scope` filter; null if all statuses match. With `allowHash`, the
 * filter may be a hash, whose values are used. Only the list of a project's jobs allows this.
 */
export function readScope(
  reader: ParamReader,
  caps: Capabilities,
  { allowHash }: { readonly allowHash: boolean },
): ReadonlySet<string> | null {
  const value = reader.params['scope'];
  if (value === undefined || value === null) return null;
  const values = scopeList(value, allowHash);
  const allowed = scopeValues(caps);
  if (values.every((item) => typeof item === 'string' && allowed.has(item))) {
    return values.length === 0 ? null : new Set(values as string[]);
  }
  reader.problems.push('scope does not have a valid value');
  return null;
}

/** Reads the variables of a play request. Each needs a key and a value. */
export function readJobVariables(reader: ParamReader): { key: string; value: string }[] {
  const name = 'job_variables_attributes';
  const list = reader.params[name];
  if (isBlank(list)) return [];
  if (!Array.isArray(list) || !list.every(isHash)) {
    reader.problems.push(`${name} is invalid`);
    return [];
  }
  return list.map((variable, at) => {
    for (const key of ['key', 'value']) {
      if (variable[key] === undefined) reader.problems.push(`${name}[${at}][${key}] is missing`);
    }
    return { key: String(variable['key']), value: String(variable['value']) };
  });
}
