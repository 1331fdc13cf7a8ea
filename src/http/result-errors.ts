import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { capErrors } from '../graphql/client-errors.ts';

interface Done {
  result: unknown;
  setResult(result: never): void;
}

function settle({ result, setResult }: Done): void {
  const { data, errors } = result as ExecutionResult;
  if (isAsyncIterable(result) || !errors) return;
  if (data === undefined) {
    for (const { extensions } of errors) extensions['code'] ??= 'BAD_USER_INPUT';
  }
  const told = capErrors(errors);
  if (told !== errors) setResult({ ...(result as ExecutionResult), errors: told } as never);
}

/**
 * Puts the errors of a result in order, before they are put in a client's words. Those of variables get the code of
 * other arguments that cannot be right: the executor finds them before it begins, so there is no data, and no field that
 * would say more. Of very many only so many are told.
 */
export function useResultErrors(): Plugin {
  return {
    onExecute: () => ({ onExecuteDone: settle }),
    onSubscribe: () => ({ onSubscribeResult: settle }),
  };
}
