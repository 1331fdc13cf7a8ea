interface Errors {
  errors: readonly { message: string }[];
}

/** The payload of a mutation. Only a mutation of several jobs returns counts and `results`. */
export interface Payload extends Errors {
  done?: number;
  refused?: number;
  notTried?: number;
  unknown?: number;
  results?: readonly (Errors & { outcome: string })[];
}

/** The outcome of an action, in a sentence. */
export interface Outcome {
  text: string;
  isError: boolean;
}

/** Returns a count with its reasons: "2 refused: 403 Forbidden". Undefined if the count is 0. */
function describePart({ results = [] }: Payload, outcome: string, count = 0): string | undefined {
  if (count === 0) return undefined;
  const messages = results
    .filter((result) => result.outcome === outcome)
    .flatMap(({ errors }) => errors.map(({ message }) => message.replace(/\.$/, '')));
  const word = outcome.toLowerCase().replace('_', ' ');
  return `${count} ${word}${messages.length > 0 ? `: ${[...new Set(messages)].join('; ')}` : ''}`;
}

/**
 * Describes the payload of a mutation. Undefined if the board itself shows that the mutation
 * succeeded.
 */
export function describeOutcome(payload: Payload | null | undefined): Outcome | undefined {
  if (!payload) return undefined;
  const [error] = payload.errors;
  if (error) return { text: error.message, isError: true };
  if (payload.done === undefined) return undefined;
  const { done, refused, notTried, unknown } = payload;
  const parts = [
    describePart(payload, 'DONE', done),
    describePart(payload, 'REFUSED', refused),
    describePart(payload, 'NOT_TRIED', notTried),
    describePart(payload, 'UNKNOWN', unknown),
  ].filter(Boolean);
  const isError = done !== payload.results?.length;
  return { text: parts.length > 0 ? `${parts.join(', ')}.` : 'No job was chosen.', isError };
}
