import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { composeSupergraph } from '../../examples/federation/compose.ts';
import { type Deployment, startNeighbour } from '../../examples/federation/neighbour.ts';
import { startRouter } from '../../examples/federation/router.ts';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { type Answer, startGateway, textAt } from '../helpers/start-gateway.ts';
import { createJobs, FIRST, TOKEN } from './subgraph-world.ts';

const WEB = 'https://gitlab.example.com';

async function urlOf(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

/**
 * Starts the supergraph of examples/federation: the gateway's subgraph, the subgraph of
 * neighbour.ts, and @apollo/gateway in front of both.
 */
async function startGraph(options: {
  world: ReturnType<typeof seedWorld>;
  deployments?: Deployment[];
}) {
  const gitlab = await startGateway({
    simulator: { world: options.world, externalUrl: WEB },
    config: { federation: true, gitlabExternalUrl: WEB },
  });
  const neighbour = await urlOf(startNeighbour(0, options.deployments));
  const urls = { gitlab: `${gitlab.url}/graphql`, deployments: neighbour };
  const router = await urlOf(await startRouter(composeSupergraph(urls), 0));
  async function query(text: string, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(router, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: text }),
    });
    return (await response.json()) as Answer;
  }
  return { gitlab, query };
}

const credential = { 'private-token': demo.token };

describe('a graph with deployments and their jobs, behind @apollo/gateway', () => {
  it('resolves web URLs to jobs, and jobs to other subgraphs’ fields of their project', async () => {
    const { gitlab, query } = await startGraph({ world: seedWorld() });
    const answer = await query(
      '{ deployments { edges { node { environment job { name status project { fullPath team } } } } } }',
      credential,
    );
    const project = { fullPath: demo.project, team: `team of ${demo.project}` };
    const node = (environment: string, job: object) => ({
      node: { environment, job: { ...job, project } },
    });
    expect(answer).toEqual({
      data: {
        deployments: {
          edges: [
            node('production', { name: 'build', status: 'SUCCESS' }),
            node('staging', { name: 'unit tests', status: 'FAILED' }),
          ],
        },
      },
    });
    expect(gitlab.simulator.requests).toHaveLength(1);
  });

  it('reads the jobs of 100 deployments in one call', async () => {
    const deployments = Array.from({ length: 100 }, (_, at) => ({
      id: `d${at}`,
      environment: 'review',
      job: { webUrl: `${WEB}/group/app/-/jobs/${FIRST + at}` },
    }));
    const { gitlab, query } = await startGraph({ world: createJobs(100), deployments });
    const answer = await query('{ deployments { edges { node { job { databaseId } } } } }', {
      'private-token': TOKEN,
    });
    const numbers = deployments.map((_, at) => ({
      node: { job: { databaseId: String(FIRST + at) } },
    }));
    expect(answer.data).toEqual({ deployments: { edges: numbers } });
    expect(gitlab.simulator.requests).toHaveLength(1);
  });

  it('returns to each caller what their credential may read', async () => {
    const { gitlab, query } = await startGraph({
      world: seedWorld(),
      deployments: [
        { id: 'd', environment: 'x', job: { webUrl: `${WEB}/${demo.privateProject}/-/jobs/1` } },
      ],
    });
    const text = '{ deployments { edges { node { environment job { name } } } } }';
    const answer = await query(text, { 'job-token': 'glcbt-none' });
    expect(answer.data).toEqual({
      deployments: { edges: [{ node: { environment: 'x', job: { name: null } } }] },
    });
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(gitlab.simulator.requests[0]?.headers).toMatchObject({ 'job-token': 'glcbt-none' });
    const allowed = await query(text, credential);
    expect(allowed.errors).toBeUndefined();
  });

  it('reports the invalid reference and resolves the others', async () => {
    const deployments = [
      { id: 'd1', environment: 'x', job: { webUrl: 'https://elsewhere.example/a/b/-/jobs/1' } },
      {
        id: 'd2',
        environment: 'x',
        job: { webUrl: `${WEB}/${demo.project}/-/jobs/${demo.successJobId}` },
      },
    ];
    const { query } = await startGraph({ world: seedWorld(), deployments });
    const answer = await query('{ deployments { edges { node { job { name } } } } }', credential);
    expect(answer.data).toEqual({
      deployments: {
        edges: [{ node: { job: { name: null } } }, { node: { job: { name: 'build' } } }],
      },
    });
    expect(answer.errors).toMatchObject([
      {
        message: `\`webUrl\` must be a web address of ${WEB}.`,
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
  });

  it('forwards mutations and the trace context', async () => {
    const { gitlab, query } = await startGraph({ world: seedWorld() });
    const found = await query(
      `{ job(project: "${demo.project}", id: "${demo.failedJobId}") { id } }`,
      credential,
    );
    const id = textAt(found, 'job.id');
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await query(
      `mutation { jobRetry(input: { id: "${id}" }) { job { status project { fullPath } } errors { code } } }`,
      { ...credential, traceparent },
    );
    const job = { status: 'PENDING', project: { fullPath: demo.project } };
    expect(answer.data).toEqual({ jobRetry: { job, errors: [] } });
    expect(gitlab.simulator.requests.at(-1)).toMatchObject({
      method: 'POST',
      headers: { traceparent },
    });
  });
});
