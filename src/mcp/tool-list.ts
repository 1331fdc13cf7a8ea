import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/*
 * Caches responses to `tools/list`. MCP clients send this request at each start. To answer it, the
 * MCP SDK takes twice the CPU time of a small GraphQL operation. The response depends on the body
 * and a few headers (`HEADERS`) of the request, but not on the caller.
 */

/** The request headers on which the SDK's response depends. */
const HEADERS = [
  'accept',
  'content-type',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
];

/**
 * Maximum responses in the cache, each of about 6 kB. Each client program sends one or two variants
 * of the `tools/list` request.
 */
const MAX_ANSWERS = 32;
const MAX_KEY_LENGTH = 2_000;

/** Placeholder for the id of the request in a cached response. */
const ID = randomUUID();

interface ListRequest {
  method: 'tools/list';
  id: string | number;
}

function isListRequest(body: unknown): body is ListRequest {
  if (typeof body !== 'object' || body === null) return false;
  const { method, id } = body as { method?: unknown; id?: unknown };
  return method === 'tools/list' && (typeof id === 'string' || Number.isSafeInteger(id));
}

/** The headers and body of a response. */
export interface TextAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

type Answer = (body: unknown) => Promise<Response>;

/** Creates a function that responds to `tools/list` from a cache. */
export function createToolList() {
  const answers = new LRUCache<string, TextAnswer>({ max: MAX_ANSWERS });
  /**
   * Returns the response to a `tools/list` request. Returns undefined for other requests, for a
   * request that is too long, and if the SDK rejects the request. `answer` passes a request to the
   * SDK.
   */
  return async (
    body: unknown,
    header: (name: string) => string | undefined,
    answer: Answer,
  ): Promise<TextAnswer | undefined> => {
    if (!isListRequest(body)) return undefined;
    const { id, ...rest } = body;
    const key = JSON.stringify([rest, ...HEADERS.map(header)]);
    if (key.length > MAX_KEY_LENGTH) return undefined;
    let stored = answers.get(key);
    if (!stored) {
      const response = await answer({ ...rest, id: ID });
      if (response.status !== 200) return undefined;
      stored = { headers: Object.fromEntries(response.headers), text: await response.text() };
      answers.set(key, stored);
    }
    const text = stored.text.replaceAll(JSON.stringify(ID), () => JSON.stringify(id));
    return { headers: stored.headers, text };
  };
}
