import { randomUUID } from 'node:crypto';
import { notePassing } from '../util/young-garbage.ts';

/** The long texts of one operation, which are written into its answer piece by piece: nowhere do they stand whole. */
export interface StreamedStrings {
  /** How many there are. */
  count(): number;
  /** Takes a text in pieces; answers it whole if it is short, else what stands in for it until `fill`. */
  add(pieces: Iterable<string>): string;
  /** Whether that is what stands in for a text. */
  isPlaceholder(taken: string): boolean;
  /**
   * The answer's JSON with each text in its place, as UTF-8 in pieces that are made when asked for. Once only:
   * a text is gone when it is written.
   */
  render(json: string): Iterable<Buffer>;
}

/** In UTF-16 units. What is shorter is no burden. */
const SHORT = 256 * 1024;

/** A text leaves many times its length behind: its lines, its pieces, their JSON, the bytes of that. */
const GARBAGE = 4;

/** Nobody can guess one, so no job's output is taken for one. */
const STAND_IN = /("long-text:[0-9a-f-]{36}")/;

function* joined(begun: readonly string[], rest: Iterator<string>): Generator<string> {
  yield* begun;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

function* quoted(pieces: Iterable<string>): Generator<Buffer> {
  yield Buffer.from('"');
  // Where a piece ends amid a character, its halves are two escapes, which mean the same.
  for (const piece of pieces) {
    const bytes = Buffer.from(JSON.stringify(piece).slice(1, -1));
    notePassing(GARBAGE * bytes.length);
    yield bytes;
  }
  yield Buffer.from('"');
}

/** No texts yet. One for each operation whose answer is written by `fill`; others have their texts whole. */
export function createStreamedStrings(): StreamedStrings {
  /** By stand-in, as JSON has it. */
  const texts = new Map<string, Iterable<string>>();
  return {
    count: () => texts.size,
    add(pieces) {
      const iterator = pieces[Symbol.iterator]();
      const begun: string[] = [];
      for (let size = 0; size <= SHORT; ) {
        const next = iterator.next();
        if (next.done) return begun.join('');
        begun.push(next.value);
        size += next.value.length;
      }
      const standIn = `long-text:${randomUUID()}`;
      texts.set(JSON.stringify(standIn), joined(begun, iterator));
      return standIn;
    },
    isPlaceholder: (taken) => texts.has(`"${taken}"`),
    *render(json) {
      for (const part of json.split(STAND_IN)) {
        const text = texts.get(part);
        texts.delete(part);
        if (text) yield* quoted(text);
        else yield Buffer.from(part);
      }
    },
  };
}
