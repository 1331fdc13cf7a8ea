import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/*
 * Stored answers to `tools/list`. Hosts send it at each start, and the library takes twice the CPU of a
 * small operation for it. The answer depends only on the version of the protocol, not on the caller.
 */

/** The headers on which the library's answer depends. */
const HEADERS = [
  'accept',
  'content-type',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
];

/** Each client program has one or two kinds of requests. An answer has about 6 kB. */
const MAX_ANSWERS = 32;
const MAX_KEY_LENGTH = 2_000;

/** Stands for the id of the request in a stored answer. */
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

/** An answer as text. */
export interface TextAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

type Answer = (body: unknown) => Promise<Response>;

/** Creates a function that answers `tools/list`, from its store if it can. */
export function createToolList() {
  const answers = new LRUCache<string, TextAnswer>({ max: MAX_ANSWERS });
  /**
   * Returns the answer to a request, or undefined if it is not a usual `tools/list`. `answer` sends a
   * request to the library.
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
