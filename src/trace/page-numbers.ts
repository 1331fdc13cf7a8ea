/*
 * Computes the line numbers of GitLab's own log page (`#L12`). That page counts only the lines with
 * text, from 1 (upstream.md §7). Some of its text is not text in this parser: control characters,
 * unknown parts of escapes, and text that an escape erased.
 */

import { ESC } from './escape.ts';

/** The state of the numbering while a log is read. */
export interface PageNumbers {
  /** Number of lines with text so far. Includes the current line if it has text. */
  count: number;
  /** Whether the current line has text. */
  hasText: boolean;
  /** Whether the last byte was a carriage return. It clears the line unless a line feed follows. */
  afterReturn: boolean;
  /** Whether the page skips bytes up to the next letter, such as the `8;;h` of a hyperlink. */
  skipsToLetter: boolean;
}

export function createPageNumbers(): PageNumbers {
  return { count: 0, hasText: false, afterReturn: false, skipsToLetter: false };
}

/** Returns the number of the current line on the page; 0 if the page omits the line. */
export const numberOnPage = ({ count, hasText }: PageNumbers) => (hasText ? count : 0);

export function beginPageLine(page: PageNumbers): void {
  page.hasText = false;
  page.afterReturn = false;
}

/** Removes the text of the current line. */
export function clearPageLine(page: PageNumbers): void {
  if (page.hasText) page.count -= 1;
  beginPageLine(page);
}

/**
 * Handles a token that the page does not show, such as an escape. After a carriage return, such a
 * token clears the line.
 */
export function skipOnPage(page: PageNumbers): void {
  if (page.afterReturn) clearPageLine(page);
}

export function addTextToPage(page: PageNumbers): void {
  if (page.afterReturn) clearPageLine(page);
  if (page.hasText) return;
  page.hasText = true;
  page.count += 1;
}

/** Returns whether the page shows an escape with this second byte, such as `ESC (B`, as text. */
const isShownOnPage = (second: number) => second < 0x40 || second > 0x5f;

/**
 * Handles an escape that is not a control sequence. Its string, if it has one, comes later
 * (`addStringToPage`).
 */
export function addEscapeToPage(page: PageNumbers, second: number): void {
  page.skipsToLetter = true;
  if (isShownOnPage(second)) addTextToPage(page);
  else skipOnPage(page);
}

/**
 * Handles a part of an escape's string. The page skips the string up to its first letter, and shows
 * the rest.
 */
export function addStringToPage(
  page: PageNumbers,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  for (let at = from; at < to && bytes[at] !== ESC; at += 1) {
    const byte = bytes[at] as number;
    if (!page.skipsToLetter) addTextToPage(page);
    else if (byte >= 0x40 && byte <= 0x7e) page.skipsToLetter = false;
  }
}
