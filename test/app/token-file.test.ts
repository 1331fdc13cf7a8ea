import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/app/gateway.ts';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { aJob, createTestClock, sendJson, startUpstream } from '../gitlab/upstream.ts';
import { configOf } from '../helpers/config.ts';
import { createFolder } from '../helpers/files.ts';

const [OLD, NEW] = ['glpat-the-old-token', 'glpat-the-new-token'];
const ask = '{ job(project: "42", id: "1") { name } }';

/** Starts a gateway with a token file, and a GitLab that accepts the tokens in `valid`. */
async function start() {
  const file = join(createFolder(), 'token');
  /** Writes a new file and renames it to the token file, as programs that store secrets do. */
  const write = (text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  write(`${OLD}\n`);
  const valid = new Set([OLD]);
  let status = 'running';
  const gitlab = await startUpstream((request, response) => {
    const token = String(request.headers['private-token']);
    if (!valid.has(token)) {
      return sendJson(response, { message: '401 Unauthorized' }, { status: 401 });
    }
    const job = aJob(1, { name: token, status });
    return sendJson(response, request.url?.includes('/jobs?') ? [job] : job);
  });
  const config = configOf({
    ...{ GITLAB_URL: gitlab.url, GITLAB_TOKEN_FILE: file, GITLAB_TOKEN_WRITES: 'true' },
    ...{ HOST: '127.0.0.1', POLL_INTERVAL_MS: '100' },
  });
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  const { clock, advance } = createTestClock();
  const gateway = createGateway(config, {
    ...{ version: 'test', logger: createLogger({ level: 'info', output }) },
    live: { clock, random: () => 0.5 },
  });
  const url = await gateway.listen('127.0.0.1', 0);
  onTestFinished(() => gateway.close());
  return {
    ...{ write, valid, advance, gitlab },
    remove: () => rmSync(file),
    finish: () => {
      status = 'success';
    },
    tokens: () => gitlab.requests.map(({ headers }) => headers['private-token']),
    log: () => lines.filter((line) => line.includes('GITLAB_TOKEN_FILE')),
    send: async (query: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      return response;
    },
    name: async function name(this: { send(query: string): Promise<Response> }) {
      const { data, errors } = (await (await this.send(ask)).json()) as {
        data: { job: { name: string } | null };
        errors?: { extensions: { code: string } }[];
      };
      return data.job?.name ?? errors?.[0]?.extensions.code;
    },
  };
}

describe('The token in a file', () => {
  it('is replaced within 10 s after the file was', async () => {
    const gateway = await start();
    expect(await gateway.name()).toBe(OLD);
    gateway.valid.add(NEW);
    gateway.write(NEW);
    expect(await gateway.name()).toBe(OLD);
    gateway.advance(10_000);
    expect(await gateway.name()).toBe(NEW);
    gateway.advance(10_000);
    expect(gateway.log()).toHaveLength(1);
    expect(gateway.log()[0]).not.toContain('glpat');
  });

  it('is replaced at once if GitLab rejects it; a read is repeated, and its caller sees nothing', async () => {
    const gateway = await start();
    gateway.write(`  ${NEW}\r\n`);
    gateway.valid.delete(OLD);
    gateway.valid.add(NEW);
    expect(await gateway.name()).toBe(NEW);
    expect(gateway.tokens()).toEqual([OLD, NEW]);
    expect(await gateway.name()).toBe(NEW);
  });

  it('is rejected once per read while the file has no new one', async () => {
    const gateway = await start();
    gateway.valid.delete(OLD);
    expect(await gateway.name()).toBe('UNAUTHENTICATED');
    expect(gateway.tokens()).toEqual([OLD]);
  });

  it('is not used to repeat a write', async () => {
    const gateway = await start();
    gateway.write(NEW);
    gateway.valid.delete(OLD);
    gateway.valid.add(NEW);
    const input = `{ id: "${toGlobalId('Job', 42, 1)}" }`;
    const mutation = `mutation { jobRetry(input: ${input}) { errors { code } } }`;
    const refused = await (await gateway.send(mutation)).text();
    expect(refused).toContain('UNAUTHENTICATED');
    expect(gateway.tokens()).toEqual([OLD]);
    await gateway.send(mutation);
    expect(gateway.tokens()).toEqual([OLD, NEW]);
  });

  it('keeps what a repeated read has found', async () => {
    const gateway = await start();
    gateway.write(NEW);
    gateway.valid.delete(OLD);
    gateway.valid.add(NEW);
    const inProject = (fields: string) => `{ project(fullPath: "group/app") { ${fields} } }`;
    await gateway.send(inProject('jobs(first: 1) { nodes { name } }'));
    expect(gateway.tokens()).toEqual([OLD, NEW]);
    const answer = await gateway.send(inProject('databaseId'));
    expect(await answer.json()).toEqual({ data: { project: { databaseId: '42' } } });
    expect(gateway.tokens()).toEqual([OLD, NEW]);
  });

  it('has nothing to do with a caller’s own', async () => {
    const gateway = await start();
    gateway.write(NEW);
    const own = { 'private-token': 'glpat-of-a-caller' };
    expect(await (await gateway.send(ask, own)).text()).toContain('UNAUTHENTICATED');
    expect(gateway.log()).toEqual([]);
  });

  it('stays while the file has no token or is missing, with one line in the log', async () => {
    const gateway = await start();
    for (const spoil of [
      () => gateway.write(''),
      () => gateway.write('two words'),
      () => gateway.write('x'.repeat(4_097)),
      gateway.remove,
    ]) {
      spoil();
      gateway.advance(10_000);
      expect(await gateway.name()).toBe(OLD);
    }
    expect(gateway.log()).toHaveLength(1);
    gateway.write(OLD);
    gateway.advance(10_000);
    gateway.remove();
    gateway.advance(10_000);
    expect(gateway.log()).toHaveLength(2);
  });

  it('is replaced for a running subscription, even if GitLab rejects the old one before', async () => {
    const gateway = await start();
    const id = toGlobalId('Job', 42, 1);
    const response = await gateway.send(
      `subscription { jobUpdated(id: "${id}") { name status } }`,
      {
        accept: 'text/event-stream',
      },
    );
    let events = '';
    void response.body?.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write: (chunk) => {
          events += chunk;
        },
      }),
    );
    /** Advances the clock until `check` returns true. */
    const until = (check: () => boolean) =>
      expect
        .poll(
          () => {
            gateway.advance(100);
            return check();
          },
          { interval: 5, message: events },
        )
        .toBe(true);
    await until(() => events.includes(OLD));
    gateway.valid.delete(OLD);
    const before = gateway.tokens().length;
    await until(() => gateway.tokens().length > before + 1);
    gateway.valid.add(NEW);
    gateway.write(NEW);
    await until(() => events.includes(NEW));
    gateway.finish();
    await until(() => events.includes('SUCCESS'));
    expect(events).not.toContain('errors');
  });
});
