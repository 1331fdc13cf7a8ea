import type { ChangeEvent } from '../live/notifications.ts';
import { parseExactJson } from '../util/json.ts';
import { HookError, parseHook } from './payload.ts';
import { createHookVerifier } from './signature.ts';

/** The part of an HTTP request that the endpoint reads. */
interface WebhookRequest {
  method: string | undefined;
  header(name: string): string | null;
  /** Called only if the body is needed, to verify or to handle the webhook. */
  readBody(): Promise<Buffer>;
}

export interface WebhookResponse {
  status: number;
  headers?: Readonly<Record<string, string>>;
  message?: string;
}

/**
 * Number of idempotency keys to remember, so that a webhook that GitLab sends twice counts once.
 */
const MAX_KEYS = 10_000;

/**
 * Returns a function that returns whether an idempotency key is new. It remembers the last
 * `MAX_KEYS` keys.
 */
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

function parseJson(body: Buffer): unknown {
  try {
    return parseExactJson(body.toString());
  } catch {
    return undefined;
  }
}

/**
 * Creates the handler of `POST /webhooks/gitlab`. A job or pipeline webhook only triggers polls,
 * for example of the job and its pipeline. Subscribers read the change with their own credential.
 * `secret` is the secret token or signing token that is configured in GitLab.
 */
export function createWebhookEndpoint(secret: string, onChange: (event: ChangeEvent) => void) {
  const verifier = createHookVerifier(secret, Date.now);
  const isNew = createKeyMemory();
  const publish = (body: Buffer, key: string | null): WebhookResponse => {
    try {
      const event = parseHook(parseJson(body));
      if (event && (key === null || isNew(key))) onChange(event);
      return { status: 204 };
    } catch (error) {
      if (error instanceof HookError) return { status: 400, message: error.message };
      throw error;
    }
  };

  return async (request: WebhookRequest): Promise<WebhookResponse> => {
    const { method, header } = request;
    if (method !== 'POST') return { status: 405, headers: { allow: 'POST' } };
    const isValid = verifier.byHeaders(header);
    if (isValid === false) return { status: 401, message: 'The secret is missing or wrong.' };
    const body = await request.readBody();
    if (!isValid && !verifier.bySignature(header, body)) {
      return { status: 401, message: 'The signature is wrong.' };
    }
    // GitLab sends the same value in both headers. `webhook-id` is preferred, because GitLab signs
    // it.
    return publish(body, header('webhook-id') ?? header('idempotency-key'));
  };
}

export type WebhookEndpoint = ReturnType<typeof createWebhookEndpoint>;
