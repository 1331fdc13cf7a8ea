import type { Plugin } from 'graphql-yoga';
import type { ChangeEvent } from '../live/notifications.ts';
import { HookError, parseHook } from './payload.ts';
import { createHookVerifier } from './signature.ts';

/** What the route takes. */
export interface WebhookOptions {
  /** As set in GitLab: the secret token, or a signing token. */
  secret: string;
  /** Told what may have changed. */
  onHint(hint: ChangeEvent): void;
  /** In ms since 1970. @default Date.now */
  now?: (() => number) | undefined;
  /** A pipeline of some thousand jobs fits. @default 8 MiB */
  maxBodyBytes?: number | undefined;
}

const PATH = '/webhooks/gitlab';
const MEBIBYTE = 1024 * 1024;
/** Hooks that are remembered, to know those that come again. */
const MAX_KEYS = 10_000;

/** Remembers keys, the latest so many; tells whether one is new. */
function createKeyMemory(): (key: string) => boolean {
  const keys = new Set<string>();
  return (key) => {
    if (keys.has(key)) return false;
    keys.add(key);
    const oldest = keys.size > MAX_KEYS ? keys.values().next().value : undefined;
    if (oldest !== undefined) keys.delete(oldest);
    return true;
  };
}

/** Reads a body; undefined where it is longer than that. */
async function readBody(request: Request, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/**
 * Serves `POST /webhooks/gitlab`: GitLab's Job and Pipeline hooks. A hook wakes those who follow what
 * it names, and does nothing more: what they get is read with their own credential. Answers: 204 for
 * every hook of GitLab's, 401 without the secret, 400 and 413 for other bodies.
 */
export function useWebhooks(options: WebhookOptions): Plugin {
  const { secret, onHint, now = Date.now, maxBodyBytes = 8 * MEBIBYTE } = options;
  const verifier = createHookVerifier(secret, now);
  const isNew = createKeyMemory();

  /** Passes on what a genuine hook tells, once. */
  const pass = (body: Buffer, key: string | null) => {
    const hint = parseHook(parseJson(body));
    if (hint && (key === null || isNew(key))) onHint(hint);
  };
  /** The status that answers a hook, and what it says beside it. */
  const take = async (request: Request): Promise<[status: number, message?: string]> => {
    const header = (name: string) => request.headers.get(name);
    if (request.method !== 'POST') return [405];
    const known = verifier.byHeaders(header);
    if (known === false) return [401, 'The secret is missing or wrong.'];
    const body = await readBody(request, maxBodyBytes);
    if (!body) return [413];
    if (!known && !verifier.bySignature(header, body)) return [401, 'The signature is wrong.'];
    // They are equal where GitLab sends both, and the second is what it signs.
    pass(body, header('webhook-id') ?? header('idempotency-key'));
    return [204];
  };

  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      if (url.pathname !== PATH) return;
      const [status, message = null] = await take(request).catch(
        (error: unknown): [number, string] => {
          if (error instanceof HookError) return [400, error.message];
          throw error;
        },
      );
      const headers: Record<string, string> = status === 405 ? { allow: 'POST' } : {};
      endResponse(new fetchAPI.Response(message, { status, headers }));
    },
  };
}
