import { describe, expect, it, onTestFinished } from 'vitest';
import { startDemo } from '../../src/app/demo.ts';
import { createGateway } from '../../src/app/gateway.ts';
import { demo } from '../../src/simulator/seed.ts';
import { writeBoard } from '../helpers/board.ts';
import { configOf } from '../helpers/config.ts';
import type { Answer } from '../helpers/start-gateway.ts';
import { sendRaw } from '../http/raw-request.ts';

interface Given {
  env?: Record<string, string>;
  boardFolder?: string;
}

/** Starts the demo in this process. */
async function start({ env = {}, boardFolder = writeBoard() }: Given = {}) {
  const started = await startDemo(configOf(env, ['--demo']), boardFolder);
  const gateway = createGateway(started.config, { version: '0.0.0-test', ...started.deps });
  const url = await gateway.listen('127.0.0.1', 0);
  onTestFinished(async () => {
    await gateway.close();
    await started.close();
  });
  const query = async (text: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: text }),
    });
    return (await response.json()) as Answer;
  };
  return { url, query, lines: started.describe(url) };
}

const privateJobs = `{ project(fullPath: "${demo.privateProject}") { jobs(first: 1) { nodes { name } } } }`;
/** A mutation that retries the job `demo.failedJobId`. */
const retry =
  'mutation { jobRetry(input: { id: "Sm9iOjEwMToxMjM0NTY3ODkyMw" }) { job { name } errors { message } } }';

describe('a request to the demo without a credential', () => {
  it('acts as the maintainer, also to write', async () => {
    const { query } = await start();
    expect(await query(privateJobs)).toMatchObject({
      data: { project: { jobs: { nodes: [{ name: expect.any(String) }] } } },
    });
    expect(await query(retry)).toMatchObject({
      data: { jobRetry: { job: { name: 'unit tests' }, errors: [] } },
      extensions: { upstream: { calls: 1 } },
    });
  });

  it('does so also if the environment has a token for a real GitLab', async () => {
    const env = {
      GITLAB_TOKEN: 'glpat-of-a-user',
      GITLAB_TOKEN_FILE: '/none',
      GITLAB_TOKEN_WRITES: 'no',
    };
    const { query } = await start({ env });
    expect(await query(retry)).toMatchObject({ data: { jobRetry: { errors: [] } } });
  });

  it('a credential of another user is used instead', async () => {
    const { query } = await start();
    const answer = await query(privateJobs, { 'private-token': demo.tokens.guest });
    expect(answer.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  });
});

describe('pages of other sites', () => {
  const body = { query: retry };
  it.each([
    ['that point their name at the demo', { host: 'attacker.example' }, 421],
    ['that send a request', { origin: 'https://attacker.example' }, 403],
    ['that send a request, as the browser says', { 'sec-fetch-site': 'cross-site' }, 403],
    ['on another port of this machine', { origin: 'http://localhost:1' }, 403],
  ])('%s are refused', async (_name, headers, status) => {
    const { url } = await start();
    const { host } = new URL(url);
    const given = Object.entries({ host, ...headers });
    const response = await sendRaw(url, { headers: given, token: null, body });
    expect(response.status).toBe(status);
    const { port } = new URL(url);
    const own = Object.entries({ host: `localhost:${port}`, origin: `http://localhost:${port}` });
    const allowed = await sendRaw(url, { headers: own, token: null, body });
    expect(allowed).toMatchObject({ status: 200, body: expect.stringContaining('"errors":[]') });
  });
});

describe('the start of the demo', () => {
  const html = { accept: 'text/html' };

  it('shows where everything is, and the tokens of other users', async () => {
    const { url, lines } = await start();
    expect(lines).toEqual([
      `  Board              ${url}/board#/acme/shop/web/-/pipelines/${demo.runningPipelineId}`,
      `  GraphiQL           ${url}/graphql`,
      `  MCP                ${url}/mcp`,
      expect.stringMatching(/^ {2}GitLab's REST API {2}http:\/\/127\.0\.0\.1:\d+\/api\/v4$/),
      expect.stringContaining('no token'),
      ...['developer', 'guest', 'readOnly', 'job'].map((name) =>
        expect.stringContaining(`-TOKEN: ${demo.tokens[name as keyof typeof demo.tokens]} `),
      ),
    ]);
    const rest = await fetch(`${/http\S+/.exec(lines[3] ?? '')?.[0]}/projects/${demo.projectId}`);
    expect(rest.status).toBe(200);
  });

  it('leads browsers to the board of a running pipeline', async () => {
    const { url, query } = await start();
    const response = await fetch(url, { headers: html, redirect: 'manual' });
    const location = response.headers.get('location') ?? '';
    expect([response.status, location]).toEqual([
      302,
      'board#/acme/shop/web/-/pipelines/9876543205',
    ]);
    const id = location.split('/').at(-1);
    const answer = await query(`{ pipeline(project: "acme/shop/web", id: "${id}") { status } }`);
    expect(answer.data).toEqual({ pipeline: { status: 'RUNNING' } });
  });

  it('needs no built board: it says that, and leads browsers to GraphiQL', async () => {
    const { url, lines } = await start({ boardFolder: '/none' });
    expect(lines[0]).toBe('  Board              is not built: run `npm run build:board`');
    expect((await fetch(`${url}/board`, { headers: html })).status).toBe(404);
    const response = await fetch(url, { headers: html, redirect: 'manual' });
    expect(response.headers.get('location')).toBe('graphql');
  });

  it('says nothing of pages that are off', async () => {
    const { lines } = await start({ env: { BOARD: 'false', GRAPHIQL: 'false', MCP: 'false' } });
    expect(lines[0]).toMatch(/^ {2}GitLab's REST API /);
  });
});
