import type { CombinedError } from '@urql/core';
import { useEffect } from 'react';
import { readToken, tokenBox } from '../token.ts';

/** Whether GitLab rejected the token, or requires one. */
export function isUnauthenticated(error: CombinedError | undefined): boolean {
  return Boolean(
    error?.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED'),
  );
}

function messageOf(error: CombinedError): string {
  if (isUnauthenticated(error)) {
    return readToken()
      ? 'GitLab does not accept this token. Enter another one above.'
      : 'GitLab needs a token. Enter yours above.';
  }
  const [first] = error.graphQLErrors;
  if (first?.extensions['code'] === 'FORBIDDEN') return 'Your token is not allowed to read this.';
  return first?.message ?? error.networkError?.message ?? error.message;
}

/**
 * Shows why a screen, or a part of it, could not be read. Opens the token box if a token is needed.
 */
export function Failure({ error }: { error: CombinedError }) {
  const needsToken = isUnauthenticated(error);
  useEffect(() => {
    if (needsToken) tokenBox.set(true);
  }, [needsToken]);
  return (
    <p role="alert" className="failure">
      {messageOf(error)}
    </p>
  );
}
