import { parseAddress } from './address.ts';

/** What a pasted text leads to. */
export type PastedAddress =
  /** The whole address of a job or pipeline: only the gateway knows whether it is its GitLab's. */
  | { kind: 'resource'; url: string; line: number | undefined }
  /** An address of the board, from its `#` on. */
  | { kind: 'screen'; hash: string }
  | { kind: 'unknown' };

const RESOURCE = /\/-\/(?:jobs|pipelines)\/\d+/;

/** Returns the address of the board in `text`, which is a path in GitLab, with or without a host. */
function toHash(text: string): string {
  const own = /#\/.*$/.exec(text)?.[0];
  if (own) return own;
  const path = text.replace(/^https?:\/\/[^/]*/, '').replace(/#.*$/, '');
  return `#/${path.replace(/^\/+/, '')}`;
}

/** Finds out what an address that was copied from GitLab, or from the board, leads to. */
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
