import type { Clock } from '../../util/clock.ts';
import { shareEventLoop } from '../../util/event-loop.ts';
import type {
  BuildResult,
  Call,
  Exchange,
  GitlabResponse,
  RawResponse,
  ResponseHead,
  Send,
} from '../request.ts';
import type { CachedResponse, EtagCache } from './etag-cache.ts';
import { requireSuccess, toRefusalError } from './responder.ts';

/**
 * Minimum size of a large body, in bytes. Before a large body is parsed, other work may run: a page
 * of 100 jobs takes about 1 ms (docs/performance.md), and many pages of a large pipeline may arrive
 * at the same time.
 */
const LARGE_BODY = 100_000;

/**
 * Turns HTTP exchanges into results: parses successful responses with the call's reader, and throws
 * GitlabError for all others. Revalidates cached responses with If-None-Match (upstream.md §6). The
 * cached body is parsed at the first 304. Later 304s return the result of this parsing again.
 */
export function createConditionalRead(
  exchange: Exchange,
  deps: { clock: Clock; etags: EtagCache },
): Send {
  const { clock, etags } = deps;
  return async (call) => {
    const cached = etags.get(call);
    try {
      if (call.method === 'POST') etags.invalidateProject(call);
      call.ifNoneMatch = cached?.etag;
      const response = await exchange(call);
      const { status, headers } = response;
      if (cached && status === 304) return await fromCache(call, cached, headers);
      requireSuccess(call, response, clock.now());
      if (response.body.length >= LARGE_BODY) await shareEventLoop();
      const build = readBody(call, response);
      etags.put(call, response);
      return { status, headers, value: build({ status, headers }, call) };
    } finally {
      cached?.release();
    }
  };
}

/**
 * Returns the cached body with the headers of the 304. GitLab's own 304 has all headers, so a
 * missing header, such as the Link to the next page, no longer applies. If X-Request-Id is missing,
 * a proxy has removed headers of the 304. Then the cached headers replace the missing ones.
 */
async function fromCache(
  call: Call,
  cached: CachedResponse,
  received: ResponseHead['headers'],
): Promise<GitlabResponse<unknown>> {
  const isComplete = received['x-request-id'] !== undefined;
  const { head } = cached;
  const { status } = head;
  const headers = isComplete ? received : { ...head.headers, ...received };
  if (!cached.build && cached.length >= LARGE_BODY) await shareEventLoop();
  // Reads `cached.build` again: during the pause, another call may have parsed the body.
  const build = cached.build ?? readBody(call, { ...head, body: cached.readBody() });
  cached.setBuild(build);
  return { status, headers, value: build({ status, headers }, call) };
}

function readBody(call: Call, response: RawResponse): BuildResult<unknown> {
  try {
    return call.read(response, call);
  } catch (error) {
    throw toRefusalError(call, response, error);
  }
}
