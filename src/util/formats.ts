/*
 * Text formats of values that GitLab and clients send.
 */

const MAX_INT64 = 2n ** 63n - 1n;
const WHOLE_NUMBER = /^(0|[1-9]\d{0,18})$/;

/** Whether text is a whole number from 0 to 2^63 - 1, without sign and leading zeros. */
export function isWholeNumber(text: string): boolean {
  return WHOLE_NUMBER.test(text) && (text.length < 19 || BigInt(text) <= MAX_INT64);
}

const DATE = '\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?';
const OFFSET_HOURS = '[+-](?:[01]\\d|2[0-3])';
const ISO_DATE_TIME = new RegExp(`^${DATE}T${TIME}(?:Z|${OFFSET_HOURS}:?[0-5]\\d)$`);
const OTHER_DATE_TIME = new RegExp(
  `^(${DATE})[T ](${TIME}) ?(?:(Z|UTC|GMT)|(${OFFSET_HOURS}):?([0-5]\\d)?)$`,
  'i',
);

/** Whether text is an ISO 8601 date, time and offset. Seconds may have any number of decimals. */
export function isDateTime(text: string): boolean {
  return ISO_DATE_TIME.test(text);
}

/**
 * Converts a time in the format of Ruby or PostgreSQL to ISO 8601: "2026-05-04 03:02:01 UTC"
 * becomes "2026-05-04T03:02:01Z". Returns undefined for other text and for a time without offset.
 */
export function toDateTime(text: string): string | undefined {
  const [, date, time, utc, hours, minutes = '00'] = OTHER_DATE_TIME.exec(text) ?? [];
  return date && `${date}T${time}${utc ? 'Z' : `${hours}:${minutes}`}`;
}
