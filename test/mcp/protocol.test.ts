import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';
import { writeFile } from '../helpers/files.ts';
import {
  callTool,
  connectClient,
  eras,
  postMcp,
  sendMcp,
  startMcp,
  toAnswer,
} from '../helpers/mcp.ts';

const args = { project: demo.project, pipeline: String(demo.failedPipelineId) };
const names = [
  ...['why_failed', 'pipeline_board', 'read_log', 'search_log', 'list_jobs', 'job_history', 'wait'],
];

async function connectOldClient(url: string) {
  const client = new OldClient({ name: 'test', version: '1' });
  const requestInit = { headers: { 'private-token': demo.token } };
  // The types of the library do not support exactOptionalPropertyTypes.
  const transport = new OldTransport(new URL(`${url}/mcp`), { requestInit });
  await client.connect(transport as unknown as Parameters<typeof client.connect>[0]);
  onTestFinished(() => client.close());
  return client;
}

describe('the MCP endpoint', () => {
  for (const era of eras) {
    it(`serves a client of version 2, ${era}`, async () => {
      const { url, calls } = await startMcp();
      const client = await connectClient(url, { era });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(names);
      const { text, isError, result } = toAnswer(
        await client.callTool({ name: 'why_failed', arguments: args }),
      );
      expect(text).toContain('exit code 1');
      expect(isError).toBe(false);
      expect(result).not.toHaveProperty('structuredContent');
      expect(calls()).toHaveLength(3);
    });
  }

  it('serves a client of version 1', async () => {
    const { url, calls } = await startMcp();
    const client = await connectOldClient(url);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(names);
    const { text } = toAnswer(await client.callTool({ name: 'why_failed', arguments: args }));
    expect(text).toContain('exit code 1');
    expect(calls()).toHaveLength(3);
  });

  it('lists its tools without a credential and without a call, in few characters', async () => {
    const { url, calls } = await startMcp();
    const client = await connectClient(url, { token: null });
    const { tools } = await client.listTools();
    expect(tools.map(({ annotations }) => annotations?.readOnlyHint)).not.toContain(false);
    expect(JSON.stringify(tools).length).toBeLessThanOrEqual(6_000);
    expect(tools.filter((tool) => 'outputSchema' in tool)).toEqual([]);
    expect(calls()).toEqual([]);
  });

  it('lists its tools again with the id of each request, and for each version of the protocol', async () => {
    const { url } = await startMcp();
    const list = async (id: unknown, headers: Record<string, string> = {}) => {
      const request = { id, method: 'tools/list', params: {} };
      const { answer, ...http } = await sendMcp(url, request, headers);
      return { ...http, ...(answer as { result: { tools: { name: string }[] } }) };
    };
    const first = await list(1);
    expect(first.result.tools.map(({ name }) => name)).toEqual(names);
    for (const id of [1, 2, 'text "$&"', 0]) expect(await list(id)).toEqual({ ...first, id });
    // The library rejects these requests. The cached response of another request must not be sent
    // instead.
    expect((await list(1, { accept: 'text/html' })).status).toBe(406);
    expect((await list(1, { 'mcp-protocol-version': '1999-01-01' })).status).toBe(400);
    const auto = await connectClient(url, { era: 'auto' });
    const legacy = await connectClient(url, { era: 'legacy' });
    const lists = [await auto.listTools(), await legacy.listTools(), await auto.listTools()];
    for (const { tools } of lists) expect(tools).toEqual(first.result.tools);
    expect(await list(3)).toEqual({ ...first, id: 3 });
  });

  it('names the known tools if a tool is unknown', async () => {
    const { url } = await startMcp();
    const response = await postMcp(url, 'tools/call', { name: 'retry', arguments: {} });
    expect(response).toMatchObject({
      error: { code: -32_602, message: `Unknown tool. Known: ${names.join(', ')}.` },
    });
  });

  it('is absent without the setting', async () => {
    const { url } = await startMcp({ env: { MCP: 'false' } });
    expect((await fetch(`${url}/mcp`, { method: 'POST' })).status).toBe(404);
  });

  it('refuses other methods, pages of other sites, large bodies and malformed ones', async () => {
    const { url } = await startMcp({ env: { MAX_BODY_BYTES: '1000' } });
    const send = async (init: RequestInit) => {
      const { status, headers } = await fetch(`${url}/mcp`, init);
      return { status, challenge: headers.get('www-authenticate') };
    };
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    const with_ = (headers: Record<string, string>) => ({
      ...post,
      headers: { ...post.headers, ...headers },
    });
    expect(await send({ method: 'GET' })).toMatchObject({ status: 405 });
    expect(await send({ method: 'DELETE' })).toMatchObject({ status: 405 });
    expect(await send(with_({ origin: 'https://other.example.com' }))).toMatchObject({
      status: 403,
    });
    expect(await send({ ...post, body: `"${'x'.repeat(1_000)}"` })).toMatchObject({ status: 413 });
    expect(await send({ ...post, body: '{' })).toMatchObject({ status: 400 });
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    expect(await send({ ...post, body: JSON.stringify([call, call]) })).toMatchObject({
      status: 400,
    });
    expect(await send(with_({ 'private-token': 'two words' }))).toEqual({
      status: 401,
      challenge: null,
    });
  });

  it('refuses host names that are not allowed', async () => {
    const { url } = await startMcp({ env: { ALLOWED_HOSTS: 'gateway.example.com' } });
    const address = url.replace('127.0.0.1', 'localhost');
    expect((await fetch(`${address}/mcp`, { method: 'POST' })).status).toBe(421);
  });

  it('answers clients that look for OAuth with a JSON 404', async () => {
    const { url } = await startMcp();
    for (const path of ['oauth-protected-resource/mcp', 'oauth-authorization-server']) {
      const response = await fetch(`${url}/.well-known/${path}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: 'not_found' });
    }
  });

  it('uses the token of the gateway for callers without one', async () => {
    const { url, calls } = await startMcp({ env: { GITLAB_TOKEN: demo.token } });
    const { text } = await callTool(url, 'why_failed', args, {});
    expect(text).toContain('exit code 1');
    expect(calls()).toHaveLength(3);
  });

  it('runs its own documents if only trusted ones are allowed', async () => {
    const file = writeFile('{ "abc": "{ __typename }" }');
    const { url, gateway, query } = await startMcp({
      config: { trustedDocuments: { file, only: true } },
    });
    expect((await query('{ rateLimit { limit } }')).errors).toHaveLength(1);
    expect((await callTool(url, 'why_failed', args)).isError).toBe(false);
    const metrics = await Promise.all(gateway.registries().map((one) => one.metrics()));
    const text = metrics.join('\n');
    expect(text).toContain('gateway_mcp_calls_total{tool="why_failed",outcome="ok"} 1');
    expect(text).toContain('gateway_mcp_answer_characters_count{tool="why_failed"} 1');
    expect(text).toMatch(
      /gateway_operations_total\{type="query",outcome="ok",execution="compiled"/,
    );
  });

  it('works with a schema whose types have a prefix', async () => {
    const { url } = await startMcp({
      env: { FEDERATION: 'true', FEDERATION_TYPE_PREFIX: 'Ci' },
    });
    expect((await callTool(url, 'why_failed', args)).text).toContain('exit code 1');
  });
});
