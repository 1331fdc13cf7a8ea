import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

function addCodes({ result }: { result: unknown }): void {
  if (isAsyncIterable(result)) return;
  const { data, errors = [] } = result as ExecutionResult;
  if (data !== undefined) return;
  for (const { extensions } of errors) extensions['code'] ??= 'BAD_USER_INPUT';
}

/**
 * Gives errors of variables the code of other arguments that cannot be right: the executor finds them before it
 * begins, so there is no data, and no field that would say more.
 */
export function useVariableErrors(): Plugin {
  return {
    onExecute: () => ({ onExecuteDone: addCodes }),
    onSubscribe: () => ({ onSubscribeResult: addCodes }),
  };
}
