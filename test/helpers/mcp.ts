import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { type StartOptions, startGateway } from './start-gateway.ts';

/** The result of an MCP tool. */
export interface ToolAnswer {
  text: string;
  isError: boolean;
  /** The whole result, to check that certain texts are not part of it. */
  result: Readonly<Record<string, unknown>>;
}

/** Converts a result of `tools/call`, which must have exactly one text. */
export function toAnswer(result: object): ToolAnswer {
  const { content, isError = false } = result as {
    content: { type: string; text: string }[];
    isError?: boolean;
  };
  const [part, ...more] = content;
  if (part?.type !== 'text' || more.length > 0) throw new Error('expected one text');
  return { text: part.text, isError, result: result as Record<string, unknown> };
}

/**
 * Calls a tool without a client library, with the request format of protocol version 2025-11-25.
 * Throws if the response is a JSON-RPC error.
 */
export async function callTool(
  url: string,
  name: string,
  args: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = { 'private-token': demo.token },
): Promise<ToolAnswer> {
  const response = await postMcp(url, 'tools/call', { name, arguments: args }, headers);
  const { result, error } = response as { result?: object; error?: { message: string } };
  if (!result) throw new Error(error?.message);
  return toAnswer(result);
}

/** Sends a JSON-RPC request. Returns the response, its HTTP status and its content type. */
export async function sendMcp(
  url: string,
  { id = 1, ...request }: { id?: unknown; method: string; params: object },
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; type: string | null; answer: unknown }> {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, ...request }),
  });
  const text = await response.text();
  const answer: unknown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
  return { status: response.status, type: response.headers.get('content-type'), answer };
}

/** Sends a JSON-RPC request and returns the response. */
export async function postMcp(
  url: string,
  method: string,
  params: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return (await sendMcp(url, { method, params }, headers)).answer;
}

/**
 * The modes in which the client negotiates the protocol version. `legacy` has sessions, as in
 * version 2025-11-25; with `auto`, it also uses requests without a session, as in version
 * 2026-07-28.
 */
export const eras = ['legacy', 'auto'] as const;

/** Connects a client of the MCP SDK, version 2. The client is closed when the test ends. */
export async function connectClient(
  url: string,
  { era = 'auto', token = demo.token }: { era?: (typeof eras)[number]; token?: string | null } = {},
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: era } });
  const requestInit = { headers: token === null ? {} : { 'private-token': token } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}

/** Starts a gateway with the MCP endpoint, and a simulated GitLab with the data of the demo. */
export async function startMcp({ env, simulator, ...options }: StartOptions = {}) {
  const started = await startGateway({
    env: { MCP: 'true', ...env },
    simulator: { ...simulator, world: simulator?.world ?? seedWorld({ now: Date.now() }) },
    token: demo.token,
    ...options,
  });
  return {
    ...started,
    call: (name: string, args: Readonly<Record<string, unknown>>, token: string = demo.token) =>
      callTool(started.url, name, args, { 'private-token': token }),
  };
}
