/** Converts a time of a row to ms since 1970; undefined if it is missing or invalid. */
export function toMs(time: string | null | undefined): number | undefined {
  const ms = time ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Converts ms to seconds with at most three decimals. */
export const toSeconds = (ms: number): number => Math.round(ms) / 1000;
