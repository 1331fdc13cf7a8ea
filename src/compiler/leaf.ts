import { type GraphQLLeafType, GraphQLScalarType } from 'graphql';

/** Writes a value that is not null as JSON. Throws what the type throws for a value that is none of its own. */
export type WriteLeaf = (value: unknown) => string;

/** Characters that JSON escapes; half surrogate pairs among them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;
/** Longer text is looked through once, by the runtime's own writer. */
const SHORT = 200;

/** Writes a text as JSON; most are short and hold nothing to escape. */
export function writeText(text: string): string {
  return text.length < SHORT && !ESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** A scalar's usual values, which it writes as they are. */
const usual: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  String: ifText,
  ID: ifText,
  DateTime: ifText,
  Boolean: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  Int: (value) =>
    Number.isInteger(value) && (value as number) >> 0 === value ? String(value) : undefined,
  Float: (value) => (Number.isFinite(value) ? String(value) : undefined),
};

function ifText(value: unknown): string | undefined {
  return typeof value === 'string' ? writeText(value) : undefined;
}

/** How values of a scalar or enum are written: as its own `serialize` says, with a short way for the usual ones. */
export function leafWriter(type: GraphQLLeafType): WriteLeaf {
  const serialize = (value: unknown) => JSON.stringify(type.serialize(value)) ?? 'null';
  if (!(type instanceof GraphQLScalarType)) return enumWriter(serialize);
  const quick = usual[type.name];
  return quick ? (value) => quick(value) ?? serialize(value) : serialize;
}

/** An enum has few values, so what each is written as is kept. */
function enumWriter(serialize: WriteLeaf): WriteLeaf {
  const known = new Map<unknown, string>();
  return (value) => {
    const written = known.get(value);
    if (written !== undefined) return written;
    const fresh = serialize(value);
    known.set(value, fresh);
    return fresh;
  };
}
