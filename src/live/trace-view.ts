import type { Gitlab, JobRef } from '../gitlab/client.ts';
import { wholeCharacters } from '../trace/utf8.ts';
import type { View } from './follow.ts';
import type { TraceLog } from './trace-log.ts';
import type { TraceState } from './watch-trace.ts';

/** A piece of a log, in whole characters. What the client has from `startByte` on is replaced by it. */
export interface TraceNews {
  text: string;
  startByte: number;
  endByte: number;
  complete: boolean;
}

/** The most of a log in one event; GitLab gives up to 500 KiB at a time (upstream.md §7). */
const MAX_CHUNK = 256 * 1024;
const MAX_CHARACTER = 4;

/** Where the character begins that has a byte at that offset, or that still lacks one there. */
function characterStart(log: TraceLog, at: number): number {
  const from = Math.max(log.start, at - MAX_CHARACTER + 1);
  const before = log.read(from, at + 1);
  const isInside = (byte: number | undefined) => ((byte ?? 0) & 0xc0) === 0x80;
  if (at < log.end && !isInside(before[at - from])) return at;
  const lead = before.findLastIndex((byte) => !isInside(byte));
  const isOne = lead >= 0 && wholeCharacters(before.subarray(lead, at - from), true) === 0;
  return isOne ? from + lead : at;
}

/**
 * What lies before the part of the log that is kept, a piece at a time: asked of GitLab where that can
 * give a part, left out where it cannot. Answers the offset it begins at, too.
 */
async function readMissing(
  gitlab: Gitlab,
  ref: JobRef,
  { log, at }: { log: TraceLog; at: number },
): Promise<{ from: number; bytes: Buffer }> {
  if (gitlab.server.byteOffset) {
    const bytes = await gitlab.getJobTrace(ref, { byteOffset: at, byteLimit: MAX_CHUNK });
    if (bytes.length > 0) return { from: at, bytes };
  }
  const from = Math.max(at, log.start);
  const bytes = log.read(from, from + MAX_CHUNK);
  const inside = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  const skipped = inside > 0 && inside < MAX_CHARACTER ? inside : 0;
  return { from: from + skipped, bytes: bytes.subarray(skipped) };
}

/**
 * Tells one viewer the log from `afterByte` on, in pieces of whole characters. A log that became
 * shorter, or whose end was rewritten, is told of by a piece that starts before the last one's end.
 */
export function traceView(
  gitlab: Gitlab,
  ref: JobRef,
  afterByte: number,
): View<TraceState, TraceNews> {
  /** How far the viewer is; the cuts it knows of. */
  let at = afterByte;
  let cuts: number | undefined;
  let isComplete = false;

  return async ({ log, finished }) => {
    if (isComplete) return undefined;
    const isFirst = cuts === undefined;
    const cutTo = cuts === undefined ? log.end : Math.min(log.end, log.lowestCutSince(cuts));
    const isBack = cutTo < at;
    // Only where a viewer begins, or a cut is, can that be inside a character.
    at = characterStart(log, Math.min(at, cutTo));
    cuts = log.cuts;
    const { from, bytes } =
      at < log.start
        ? await readMissing(gitlab, ref, { log, at })
        : { from: at, bytes: log.read(at, at + MAX_CHUNK) };
    const isLast = finished && from + bytes.length >= log.end;
    const whole = wholeCharacters(bytes, !isLast);
    if (whole === 0 && !isFirst && !isBack && !isLast) return undefined;
    at = from + whole;
    isComplete = isLast;
    return {
      text: bytes.toString('utf8', 0, whole),
      startByte: from,
      endByte: at,
      complete: isLast,
    };
  };
}
