import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { seedWorld } from '../../src/simulator/seed.ts';
import { createTestClock } from '../gitlab/upstream.ts';
import { postMcp, startMcp } from '../helpers/mcp.ts';

const fileOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const EXAMPLE = /(?<=```text\n)> (\w+) (\{.*\}).*\n[\s\S]*?(?=```)/g;
const SIZES = /has [\w,]+ characters of JSON, about [\w,]+ tokens; with those that write [\w,]+\./;

/** Starts a demo with a fixed time, so that the tools return the same text in each run. */
async function start() {
  const world = seedWorld({ now: Date.parse('2026-11-30T12:00:00Z') });
  const time = createTestClock();
  const simulator = { world, externalUrl: 'https://gitlab.example.com' };
  const gateway = await startMcp({
    env: { MCP_WRITES: 'true', GITLAB_EXTERNAL_URL: simulator.externalUrl },
    simulator,
    live: { clock: time.clock },
  });
  const run = async (tool: string, args: string): Promise<string> => {
    gateway.calls();
    const answer = gateway.call(tool, JSON.parse(args) as Record<string, unknown>);
    if (tool === 'wait') {
      await expect.poll(() => time.timers.size).toBe(2);
      world.advance(10 * 60_000);
      time.advance(10_000);
    }
    const { text } = await answer;
    const count = gateway.calls().length;
    const calls =
      tool === 'wait' ? 'the calls of the poll' : `${count} call${count === 1 ? '' : 's'}`;
    const shown = text.replace(/~~~log-[\da-f]{6}/g, '~~~log-7f3a91');
    return `> ${tool} ${args} (${calls})\n${shown}\n`;
  };
  const listed = async () => {
    const { result } = (await postMcp(gateway.url, 'tools/list', {})) as {
      result: { tools: { name: string; annotations: { readOnlyHint: boolean } }[] };
    };
    return result.tools;
  };
  return { run, listed };
}

/*
 * The examples in the documentation must be what the tools return. After a change, update them with
 * `npx vitest run test/mcp/guide.test.ts -u`.
 */

type Run = Awaited<ReturnType<typeof start>>['run'];

/**
 * Returns a document with new output of its examples. The calls run in order, because some change
 * the demo.
 */
async function answerExamples(text: string, run: Run): Promise<string> {
  const results: string[] = [];
  for (const [, tool = '', args = ''] of text.matchAll(EXAMPLE)) {
    results.push(await run(tool, args));
  }
  return text.replace(EXAMPLE, () => results.shift() ?? '');
}

it('docs/agents.md shows what the tools return in the demo, and how long their list is', async () => {
  const path = fileOf('docs/agents.md');
  const guide = readFileSync(path, 'utf8');
  const { run, listed } = await start();
  const tools = await listed();
  const length = (some: object[]) => JSON.stringify(some).length;
  const reads = length(tools.filter(({ annotations }) => annotations.readOnlyHint));
  const number = (value: number) => value.toLocaleString('en-US');
  const tokens = number(Math.round(reads / 400) * 100);
  const sizes = `has ${number(reads)} characters of JSON, about ${tokens} tokens; with those that write ${number(length(tools))}.`;
  expect(guide).toMatch(SIZES);
  const written = await answerExamples(guide.replace(SIZES, sizes), run);
  for (const { name } of tools) expect(written).toContain(`\`${name}\``);
  expect(written.match(EXAMPLE)).toHaveLength(10);
  await expect(written).toMatchFileSnapshot(path);
});

it('README.md shows what a tool returns in the demo', async () => {
  const path = fileOf('README.md');
  const { run } = await start();
  const written = await answerExamples(readFileSync(path, 'utf8'), run);
  expect(written.match(EXAMPLE)).toHaveLength(1);
  await expect(written).toMatchFileSnapshot(path);
});
