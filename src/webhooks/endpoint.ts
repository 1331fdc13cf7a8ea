import type { ChangeEvent } from '../live/notifications.ts';
import { HookError, parseHook } from './payload.ts';
import { createHookVerifier } from './signature.ts';

/** The part of an HTTP request that the endpoint reads. */
export interface WebhookRequest {
  method: string | undefined;
  header(name: string): string | null;
  body: AsyncIterable<Uint8Array>;
}

export interface WebhookResponse {
  status: number;
  message?: string;
}

export interface WebhookOptions {
  /** The secret token or signing token, as configured in GitLab. */
  secret: string;
  onChange(event: ChangeEvent): void;
  /** In ms since 1970. @default Date.now */
  now?: (() => number) | undefined;
  /** Large enough for a pipeline of some thousand jobs. @default 8 MiB */
  maxBodyBytes?: number | undefined;
}

const MEBIBYTE = 1024 * 1024;
/** How many webhooks are remembered to detect repeated ones. */
const MAX_KEYS = 10_000;

/** Returns whether a key is new, compared with the last `MAX_KEYS` keys. */
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

/** Returns undefined if the body is longer than `maxBytes`. */
async function readBody({ header, body }: WebhookRequest, maxBytes: number) {
  if (Number(header('content-length') ?? 0) > maxBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
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
 * Answers `POST /webhooks/gitlab`: GitLab's Job and Pipeline hooks. A hook triggers polls of what it names, and nothing
 * more: subscribers read the change with their own credential. Statuses: 204 for every valid hook, 401 without the
 * secret, 400 and 413 for other bodies.
 */
export function createWebhookEndpoint(options: WebhookOptions) {
  const { secret, onChange, now = Date.now, maxBodyBytes = 8 * MEBIBYTE } = options;
  const verifier = createHookVerifier(secret, now);
  const isNew = createKeyMemory();

  /** Publishes the change that a valid hook reports, once. */
  const publish = (body: Buffer, key: string | null) => {
    const event = parseHook(parseJson(body));
    if (event && (key === null || isNew(key))) onChange(event);
  };
  const answer = async (request: WebhookRequest): Promise<WebhookResponse> => {
    const { method, header } = request;
    if (method !== 'POST') return { status: 405 };
    const isValid = verifier.byHeaders(header);
    if (isValid === false) return { status: 401, message: 'The secret is missing or wrong.' };
    const body = await readBody(request, maxBodyBytes);
    if (!body) return { status: 413 };
    if (!isValid && !verifier.bySignature(header, body)) {
      return { status: 401, message: 'The signature is wrong.' };
    }
    // GitLab sends the same value in both; `webhook-id` is the one it signs.
    publish(body, header('webhook-id') ?? header('idempotency-key'));
    return { status: 204 };
  };
  return async (request: WebhookRequest): Promise<WebhookResponse> => {
    try {
      return await answer(request);
    } catch (error) {
      if (error instanceof HookError) return { status: 400, message: error.message };
      throw error;
    }
  };
}

export type WebhookEndpoint = ReturnType<typeof createWebhookEndpoint>;
