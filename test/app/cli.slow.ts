import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { spawnProgram } from '../helpers/program.ts';

/** Starts the program in a process of its own and collects its output. */
function start(args: string[], env: Record<string, string> = {}) {
  const child = spawnProgram(args, env);
  const output = { out: '', err: '' };
  child.stdout.on('data', (data) => (output.out += data));
  child.stderr.on('data', (data) => (output.err += data));
  return { child, output };
}

async function run(args: string[], env: Record<string, string> = {}) {
  const { child, output } = start(args, env);
  const [code] = await once(child, 'close');
  return { code, ...output };
}

/** Resolves with the address that the program prints when it listens. */
async function listening(child: ChildProcess, output: { out: string }): Promise<string> {
  while (!output.out.includes('\n'))
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return /http:\S+/.exec(output.out)?.[0] ?? '';
}

describe('the program', { retry: 0 }, () => {
  it('starts the demo, prints its addresses, answers a query, and exits on SIGTERM', async () => {
    // Many users have set GITLAB_TOKEN for a real GitLab. The demo must ignore it.
    const { child, output } = start(['--demo', '--port', '0'], { GITLAB_TOKEN: 'glpat-of-user' });
    const address = await listening(child, output);
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ project(fullPath: \\"acme/shop/web\\") { jobs(first: 1) { nodes { name } } } }"}',
    });
    expect(await answer.json()).toMatchObject({ data: { project: { jobs: { nodes: [{}] } } } });
    expect(output.out).toMatch(
      /^Listening on http:\S+\/graphql with an embedded GitLab\n {2}Board /,
    );
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('reports in one line that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { code, out, err } = await run(['--demo', '--port', String(port)]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain(`Port ${port} is already in use. Set another one: PORT or --port`);
  });

  it('lists all invalid settings and exits with 2', async () => {
    const { code, err } = await run(['--port', 'x'], { GITLAB_TOKEN_WRITES: 'perhaps' });
    expect(code).toBe(2);
    expect(err).toContain('GITLAB_URL is needed');
    expect(err).toContain('PORT must be');
    expect(err).toContain('GITLAB_TOKEN_WRITES must be');
    expect(err).not.toContain(' at ');
  });

  it('prints version, help and schema', async () => {
    const [version, help, schema, subgraph] = await Promise.all([
      run(['--version']),
      run(['--help']),
      run(['--print-schema']),
      run(['--print-subgraph']),
    ]);
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(help.out).toContain('--print-schema');
    expect(schema.out).toContain('type Job implements');
    expect(subgraph.out).toContain('extend schema @link(');
  });

  it('loads what only some requests need with the first of them', async () => {
    const { child, output } = start(['--demo', '--port', '0'], { GITLAB_WEBHOOK_SECRET: 'secret' });
    const address = await listening(child, output);
    const post = (path: string, body: object, headers = {}) =>
      fetch(new URL(path, address), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const accept = 'application/json, text/event-stream';
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const [multipart, page, tools, webhook] = await Promise.all([
      post('/graphql', { query: '{ __typename }' }, { accept: 'multipart/mixed' }),
      fetch(address, { headers: { accept: 'text/html' } }),
      post('/mcp', list, { accept }),
      post('/webhooks/gitlab', { object_kind: 'push' }, { 'x-gitlab-token': 'secret' }),
    ]);
    expect(await multipart.text()).toContain('{"data":{"__typename":"Query"}');
    expect(await page.text()).toContain('GraphiQL');
    expect(await tools.text()).toContain('why_failed');
    expect(webhook.status).toBe(204);
  });
});
