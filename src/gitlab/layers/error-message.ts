/** Longer texts are cut: an error is not a place for documents. */
const MAX_LENGTH = 500;

function cut(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_LENGTH ? `${trimmed.slice(0, MAX_LENGTH)}…` : trimmed;
}

/** `message` may be a text, a list, `{"error": …}`, or a field's complaints: `{"base": ["…"]}`. */
function flatten(message: unknown): string {
  if (message === null || message === undefined) return '';
  if (Array.isArray(message)) return message.map(flatten).filter(Boolean).join(', ');
  if (typeof message !== 'object') return String(message);
  return Object.entries(message)
    .map(([key, value]) => (/^(?:base|error)$/.test(key) ? '' : `${key}: `) + flatten(value))
    .join('; ');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an error's body says. */
export interface ErrorBody {
  /** GitLab's words; undefined where there are none or where it is a web page, which is never quoted. */
  readonly message: string | undefined;
  /** Whether it is the router's answer for a path it does not know. */
  readonly noSuchRoute: boolean;
}

/** Reads every shape of error body that GitLab and what stands before it send (upstream.md §1.2). */
export function readErrorBody(text: string): ErrorBody {
  const body = parseObject(text);
  if (!body) {
    const isPage = /^\s*[<{]/.test(text);
    return { message: isPage ? undefined : cut(text) || undefined, noSuchRoute: false };
  }
  const { message, error, error_description: description } = body;
  const said = flatten(message) || [error, description].map(flatten).filter(Boolean).join(': ');
  return { message: cut(said) || undefined, noSuchRoute: error === '404 Not Found' };
}
