import { createClient } from 'graphql-ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createSimulator, type Fault } from '../../src/simulator/simulator.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { serveProgram } from './start-program.ts';

describe('callers’ tokens', { retry: 0 }, () => {
  it('never appear in output or responses', async () => {
    const simulator = await createSimulator({ world: smallWorld() });
    onTestFinished(() => simulator.close());
    // The program runs with the most verbose log.
    const { url, child, output, ended } = await serveProgram({
      GITLAB_URL: simulator.url,
      GITLAB_TOKEN: tokens.aliceReadOnly,
      GITLAB_WEBHOOK_SECRET: 'hook-secret',
      LOG_LEVEL: 'debug',
      NODE_OPTIONS: '--trace-warnings --trace-uncaught',
      UPSTREAM_HEADERS_TIMEOUT_MS: '200',
    });
    const answers: string[] = [];

    const ask = async (headers: Record<string, string>, query: string) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      answers.push(await response.text(), JSON.stringify([...response.headers]));
    };
    const id = toGlobalId('Job', 42, small.fullJob);
    const read = `{ job(project: "42", id: "${small.fullJob}") { name trace { byteSize } } }`;
    const write = `mutation { jobRetry(input: { id: "${id}" }) { errors { code message } } }`;
    const secrets = [
      ...Object.values(tokens),
      'hook-secret',
      'wrong token',
      'glpat-unknown',
      'jwt-like',
    ];
    const callers = [
      ...Object.values(tokens).map((token) => ({ 'private-token': token })),
      { authorization: `Bearer ${tokens.aliceOauth}` },
      { 'job-token': 'glpat-unknown' },
      { 'private-token': 'wrong token' },
      {},
    ] as Record<string, string>[];

    for (const caller of callers) {
      await ask(caller, read);
      await ask(caller, write);
    }
    const kinds: Fault['kind'][] = ['500', '429', 'html', 'redirect', 'reset', 'truncated', 'hang'];
    for (const kind of kinds) {
      simulator.fail({ kind, times: 2 });
      await ask({ 'private-token': tokens.alice }, read);
      simulator.clearFaults();
      simulator.fail({ kind });
      await ask({ 'private-token': tokens.bob }, write);
      simulator.clearFaults();
    }
    // Sends tokens in wrong places: in the document and in the URL.
    await ask({}, `{ job(project: "${tokens.alice}", id: "${tokens.alice}") { name } }`);
    await fetch(`${url}/graphql?query={__typename}&private_token=${tokens.alice}`);
    await fetch(`${url}/jobs/42/${small.fullJob}/trace`, {
      headers: { 'private-token': tokens.bob },
    });
    await fetch(`${url}/webhooks/gitlab`, {
      method: 'POST',
      headers: { 'x-gitlab-token': 'hook-secret', 'content-type': 'application/json' },
      body: JSON.stringify({ object_kind: 'build', build_id: 1001, project_id: 42 }),
    });

    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { 'PRIVATE-TOKEN': tokens.gus },
    });
    for await (const event of client.iterate({
      query: `subscription { jobUpdated(id: "${id}") { name } }`,
    })) {
      answers.push(JSON.stringify(event));
    }
    await client.dispose();
    answers.push(await (await fetch(`${url}/metrics`)).text());

    child.kill('SIGTERM');
    await ended;
    expect(output().split('\n').length).toBeGreaterThan(20);
    expect(output()).toContain('"msg":"operation"');
    for (const secret of secrets) {
      expect(output()).not.toContain(secret);
      // A response may contain a token only if the caller has sent the token in the document, which
      // the error quotes.
      const leaks = answers.filter((text) => text.includes(secret));
      expect(leaks.length, secret).toBeLessThanOrEqual(secret === tokens.alice ? 1 : 0);
    }
    expect(answers.join()).not.toMatch(/ {4}at |node_modules/);
  });
});
