import type { Plugin } from 'graphql-yoga';
import type { RequestCounter } from '../gitlab/request.ts';

/**
 * Puts what an operation cost at GitLab into `extensions.upstream`: calls made, reads that shared
 * another's call, and answers GitLab said had not changed.
 */
export function useUpstreamCost(): Plugin<{ requestCounter: RequestCounter }> {
  return {
    onExecute: ({ args }) => ({
      onExecuteDone({ result, setResult }) {
        if (!('data' in result) && !('errors' in result)) return;
        const { calls, coalesced, notModified } = args.contextValue.requestCounter;
        const upstream = { calls, coalesced, notModified };
        setResult({ ...result, extensions: { ...result.extensions, upstream } });
      },
    }),
  };
}
