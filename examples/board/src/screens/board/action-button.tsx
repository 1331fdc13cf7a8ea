import type { TypedDocumentNode } from '@urql/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { useBoard } from './board-context.ts';
import { describeOutcome, type Outcome, type Payload } from './outcome.ts';

interface Action<V extends Record<string, string>> {
  /** The text on the button. */
  text: string;
  /** The name for screen readers, such as "Retry unit tests". */
  name?: string;
  mutation: TypedDocumentNode<{ payload: Payload | null }, V>;
  variables: V;
}

/**
 * A button that runs a mutation. Afterwards it shows the outcome in a sentence, unless the board
 * itself shows that the mutation succeeded. While the mutation runs, the button ignores clicks. It
 * is not `disabled`, because a disabled button loses the focus.
 */
export function ActionButton<V extends Record<string, string>>(action: Action<V>) {
  const { text, name, mutation, variables } = action;
  const { onAction } = useBoard();
  const [{ fetching }, execute] = useMutation<{ payload: Payload | null }, V>(mutation);
  const [outcome, setOutcome] = useState<Outcome>();
  const run = async () => {
    setOutcome(undefined);
    const { data, error } = await execute(variables);
    const message = error?.graphQLErrors[0]?.message ?? error?.message;
    setOutcome(message ? { text: message, isError: true } : describeOutcome(data?.payload));
    onAction();
  };
  return (
    <>
      <button
        type="button"
        className="action"
        aria-label={name}
        aria-disabled={fetching}
        onClick={() => void (fetching || run())}
      >
        {text}
      </button>
      {outcome && (
        <p className="outcome" role={outcome.isError ? 'alert' : 'status'}>
          {outcome.text}
        </p>
      )}
    </>
  );
}
