import { randomUUID } from 'node:crypto';

declare const placeholder: unique symbol;

/** A placeholder for a long string: resolvers return it, `render` replaces it in the response. */
export type StreamedString = string & { readonly [placeholder]: true };

/**
 * The long strings of one operation, such as a job's whole log. They are written into the JSON of
 * the response piece by piece, so none is ever held whole in memory.
 */
export type StreamedStrings = ReturnType<typeof createStreamedStrings>;

/** The longest string, in UTF-16 code units, that is returned as it is. */
const MAX_INLINE_LENGTH = 256 * 1024;

/** Placeholders are random UUIDs, so log content cannot collide with or forge one. */
const PLACEHOLDER_JSON = /("long-text:[0-9a-f-]{36}")/;

function* concat(first: readonly string[], rest: Iterator<string>): Generator<string> {
  yield* first;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

function* toJson(pieces: Iterable<string>): Generator<Buffer> {
  yield Buffer.from('"');
  // A surrogate pair that is split between two pieces becomes two escapes, which JSON allows.
  for (const piece of pieces) yield Buffer.from(JSON.stringify(piece).slice(1, -1));
  yield Buffer.from('"');
}

/**
 * Creates the registry of one operation's long strings, which are written while the response is
 * sent. Only for responses that are a single JSON document.
 */
export function createStreamedStrings() {
  /** By the placeholder's JSON form. */
  const strings = new Map<string, Iterable<string>>();
  return {
    count: () => strings.size,
    /** Returns a short string as it is; registers a longer one and returns its placeholder. */
    add(pieces: Iterable<string>): string | StreamedString {
      const iterator = pieces[Symbol.iterator]();
      const buffered: string[] = [];
      for (let length = 0; length <= MAX_INLINE_LENGTH; ) {
        const next = iterator.next();
        if (next.done) return buffered.join('');
        buffered.push(next.value);
        length += next.value.length;
      }
      const streamed = `long-text:${randomUUID()}` as StreamedString;
      strings.set(JSON.stringify(streamed), concat(buffered, iterator));
      return streamed;
    },
    isPlaceholder: (value: string): value is StreamedString => strings.has(`"${value}"`),
    /**
     * Returns the JSON with each placeholder replaced by its string, as UTF-8 in pieces that are
     * produced on demand. Each string can be rendered once.
     */
    *render(json: string): Iterable<Buffer> {
      for (const part of json.split(PLACEHOLDER_JSON)) {
        const pieces = strings.get(part);
        strings.delete(part);
        if (pieces) yield* toJson(pieces);
        else yield Buffer.from(part);
      }
    },
  };
}
