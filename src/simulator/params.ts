/** A request parameter as Rack or JSON delivers it. */
export type Param = string | number | boolean | null | Param[] | { [key: string]: Param };
/** Parameters by name. */
export type Params = { [key: string]: Param };

function emptyParams(): Params {
  return Object.create(null) as Params;
}

/** Whether a parameter is a hash. */
export function isHash(value: Param | undefined): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a[b][]` → `a`, `b` and the empty name of an array's end. */
function keyParts(key: string): string[] {
  const open = key.indexOf('[');
  if (open <= 0) return [key];
  const inner = [...key.slice(open).matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? '');
  return [key.slice(0, open), ...inner];
}

function intoArray(list: Param[], rest: string[], value: string): void {
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
  if (next === undefined) {
    target[name] = value;
  } else if (next === '') {
    const seen = target[name];
    const list = Array.isArray(seen) ? seen : [];
    target[name] = list;
    intoArray(list, rest.slice(1), value);
  } else {
    const seen = target[name];
    const hash = isHash(seen) ? seen : emptyParams();
    target[name] = hash;
    assign(hash, rest, value);
  }
}

/** Query or form text, nested the way Rack nests it: `scope[]=a`, `list[][key]=b`, `hash[key]=c`. */
export function parseNested(pairs: URLSearchParams): Params {
  const params = emptyParams();
  for (const [key, value] of pairs) assign(params, keyParts(key), value);
  return params;
}

/** Ruby's CGI.escape, with which Rails writes the queries of its links. */
function cgiEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function flatten(name: string, value: Param): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => flatten(`${name}[]`, each));
  if (isHash(value)) {
    return Object.entries(value).flatMap(([key, each]) => flatten(`${name}[${key}]`, each));
  }
  return [`${cgiEscape(name)}=${cgiEscape(String(value ?? ''))}`];
}

/** Rails' `to_query`: every parameter, sorted (upstream.md §4.1). */
export function toQuery(params: Params): string {
  return Object.entries(params)
    .flatMap(([name, value]) => flatten(name, value))
    .sort((a, b) => (a < b ? -1 : Number(a > b)))
    .join('&');
}
