import type { Plugin } from 'graphql-yoga';

function failure(): Response {
  const error = {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'Internal error of the gateway.',
  };
  return Response.json({ error }, { status: 500, headers: { 'cache-control': 'no-store' } });
}

/**
 * Masks and reports what a plugin throws outside of an operation, where Yoga's masking does not
 * reach: its adapter would answer with the stack.
 */
export function maskFailures<P extends Pick<Plugin, 'onRequest' | 'onResponse'>>(
  plugin: P,
  report: (bug: unknown) => void,
): P {
  const { onRequest, onResponse } = plugin;
  return {
    ...plugin,
    ...(onRequest && {
      onRequest: async (payload: Parameters<typeof onRequest>[0]) => {
        try {
          await onRequest(payload);
        } catch (error) {
          report(error);
          payload.endResponse(failure());
        }
      },
    }),
    ...(onResponse && {
      onResponse: async (payload: Parameters<typeof onResponse>[0]) => {
        try {
          await onResponse(payload);
        } catch (error) {
          report(error);
          payload.setResponse(failure());
        }
      },
    }),
  };
}
