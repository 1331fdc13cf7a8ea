import { randomUUID } from 'node:crypto';

declare const placeholder: unique symbol;

/**
 * A placeholder for a long string. Resolvers return it, and `render` replaces it in the response.
 */
export type StreamedString = string & { readonly [placeholder]: true };

/**
 * The long strings of one operation, such as a job's whole log. They are written into the JSON of
 * the response piece by piece, so that no string is in memory as a whole.
 */
export type StreamedStrings = ReturnType<typeof createStreamedStrings>;

/**
 * Maximum length of a string that is returned without a placeholder. A string consists of texts and
 * buffers (see `StringPiece`). Texts are counted in UTF-16 code units, buffers in bytes.
 */
const MAX_INLINE_LENGTH = 256 * 1024;

/** Placeholders contain random UUIDs, so that a log cannot contain or forge one. */
const PLACEHOLDER_JSON = /("long-text:[0-9a-f-]{36}")/;

/** A piece of a long string, as text or as valid UTF-8 with whole characters. */
export type StringPiece = string | Buffer;

function* concat(first: readonly StringPiece[], rest: Iterator<StringPiece>) {
  yield* first;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

/**
 * Escapes a piece for a JSON string. Returns UTF-8 without quotes around it. In valid UTF-8, JSON
 * escapes only ASCII characters. So the bytes of a UTF-8 piece are read and written as Latin-1,
 * which leaves all other bytes as they are. Decoding and encoding UTF-8 takes three times as long.
 */
function toJsonContent(piece: StringPiece): Buffer {
  const json =
    typeof piece === 'string'
      ? Buffer.from(JSON.stringify(piece))
      : Buffer.from(JSON.stringify(piece.toString('latin1')), 'latin1');
  return json.subarray(1, -1);
}

function* toJson(pieces: Iterable<StringPiece>): Generator<Buffer> {
  yield Buffer.from('"');
  // If a surrogate pair is split between two texts, each half is escaped, which JSON allows.
  for (const piece of pieces) yield toJsonContent(piece);
  yield Buffer.from('"');
}

/**
 * Creates the registry of one operation's long strings, which are written while the response is
 * sent. Works only for responses that are a single JSON document.
 */
export function createStreamedStrings() {
  /** The strings, by the JSON form of their placeholders. */
  const strings = new Map<string, Iterable<StringPiece>>();
  return {
    count: () => strings.size,
    /** Returns a short string unchanged. Registers a longer one and returns its placeholder. */
    add(pieces: Iterable<StringPiece>): string | StreamedString {
      const iterator = pieces[Symbol.iterator]();
      const buffered: StringPiece[] = [];
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
     * Yields the JSON in UTF-8 pieces, with each placeholder replaced by its string. The pieces of
     * a string are produced on demand and not kept, so each string can be rendered only once.
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
