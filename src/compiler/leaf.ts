import { type GraphQLLeafType, GraphQLScalarType } from 'graphql';

/** Serializes a value that is not null. Throws the type's own error for an invalid value. */
export type WriteLeaf = (value: unknown) => string;

/** Characters that `JSON.stringify` may escape. It escapes a surrogate only outside of a pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;
/** Strings of this many characters or more are left to `JSON.stringify`, which is then faster. */
const MAX_FAST_LENGTH = 200;

/**
 * Serializes a string. Most strings are short and have no characters to escape. They take a fast
 * path.
 */
function writeString(text: string): string {
  return text.length < MAX_FAST_LENGTH && !ESCAPED.test(text) ? `"${text}"` : JSON.stringify(text);
}

/**
 * Fast paths by name of the scalar type. Each returns undefined for a value that the type must
 * convert or reject.
 */
const fastWriters: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  String: ifString,
  ID: ifString,
  DateTime: ifString,
  Boolean: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  Int: (value) =>
    Number.isInteger(value) && (value as number) >> 0 === value ? String(value) : undefined,
  Float: (value) => (Number.isFinite(value) ? String(value) : undefined),
};

function ifString(value: unknown): string | undefined {
  return typeof value === 'string' ? writeString(value) : undefined;
}

/**
 * Returns the writer of a leaf type. For the types in `fastWriters`, it has a fast path for usual
 * values. It calls `serialize` for all other values.
 */
export function leafWriter(type: GraphQLLeafType): WriteLeaf {
  const serialize = (value: unknown) => JSON.stringify(type.serialize(value)) ?? 'null';
  if (!(type instanceof GraphQLScalarType)) return enumWriter(serialize);
  const writeFast = fastWriters[type.name];
  return writeFast ? (value) => writeFast(value) ?? serialize(value) : serialize;
}

/** Returns a writer that caches the JSON of each enum value. */
function enumWriter(serialize: WriteLeaf): WriteLeaf {
  const cache = new Map<unknown, string>();
  return (value) => {
    const cached = cache.get(value);
    if (cached !== undefined) return cached;
    const json = serialize(value);
    cache.set(value, json);
    return json;
  };
}
