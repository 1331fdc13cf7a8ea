import type { Plugin } from 'graphql-yoga';
import { followSignal } from '../util/abort.ts';

/**
 * Ends resolvers when the caller leaves. In place of Yoga's own plugin, which gives the executor the
 * request's signal: that is a Proxy, the executor asks it at every field, and on a list of 100 jobs that
 * was a sixth of the operation's time (docs/performance.md). A signal that follows it is Node's own.
 */
export function useCancellation(): Plugin {
  const follow = ({
    args,
  }: {
    args: { contextValue?: { request: Request }; signal?: AbortSignal };
  }) => {
    const { request } = args.contextValue ?? {};
    if (request) args.signal = followSignal(request.signal).signal;
  };
  return { onExecute: follow, onSubscribe: follow };
}
