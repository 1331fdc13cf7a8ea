import { parseAddress } from './address.ts';

/** The meaning of a pasted text. */
export type PastedAddress =
  /**
   * The URL of a job or pipeline. Only the gateway knows whether it belongs to the gateway's
   * GitLab.
   */
  | { kind: 'resource'; url: string; line: number | undefined }
  /** The part of a URL of the board that begins with `#`. */
  | { kind: 'screen'; hash: string }
  | { kind: 'unknown' };

const RESOURCE = /\/-\/(?:jobs|pipelines)\/\d+/;

/**
 * Returns the `#` part of the board's URL. `text` is a URL of the board, or a URL or path of
 * GitLab.
 */
function toHash(text: string): string {
  const own = /#\/.*$/.exec(text)?.[0];
  if (own) return own;
  const path = text.replace(/^https?:\/\/[^/]*/, '').replace(/#.*$/, '');
  return `#/${path.replace(/^\/+/, '')}`;
}

/** Parses an address that was copied from GitLab or from the board. */
export function parsePastedAddress(text: string): PastedAddress {
  const isUrl = /^https?:\/\//.test(text);
  const line = Number(/#L(\d+)/.exec(text)?.[1] ?? 0) || undefined;
  if (isUrl && !text.includes('#/') && RESOURCE.test(text)) {
    return { kind: 'resource', url: text.replace(/[?#].*$/, ''), line };
  }
  const hash = toHash(text);
  const address = parseAddress(hash);
  if (text === '' || address.screen === 'unknown') return { kind: 'unknown' };
  return { kind: 'screen', hash: line && address.screen === 'log' ? `${hash}?line=${line}` : hash };
}
