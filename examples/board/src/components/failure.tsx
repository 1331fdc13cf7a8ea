import type { CombinedError } from '@urql/core';

/** The reason why a screen, or a part of it, could not be read. */
export function Failure({ error }: { error: CombinedError }) {
  const message = error.graphQLErrors[0]?.message ?? error.networkError?.message ?? error.message;
  return (
    <p role="alert" className="failure">
      {message}
    </p>
  );
}
