import type { Plugin } from 'graphql-yoga';
import type { OperatorEndpoints } from '../observability/endpoints.ts';

/** Serves /health, /ready and /metrics beside /graphql, to GET and HEAD. Nobody may keep what they say. */
export function useHealth(endpoints: OperatorEndpoints): Plugin {
  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return;
      const answer = await endpoints(url.pathname);
      if (!answer) return;
      const headers = { 'Content-Type': answer.type, 'Cache-Control': 'no-store' };
      const body = request.method === 'HEAD' ? null : answer.body;
      endResponse(new fetchAPI.Response(body, { status: answer.status, headers }));
    },
  };
}
