import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { demo, seedWorld } from '../../src/simulator/seed.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { serveProgram } from '../app/start-program.ts';
import { callTool } from '../helpers/mcp.ts';

const job = String(demo.failedJobId);
const about = { project: demo.project, job };
const tools = [
  ['why_failed', { ...about, lines: 200 }],
  ['read_log', { ...about, lines: 1_000 }],
  ['search_log', { ...about, any_of: ['x', 'end'], from_end: true, max_matches: 100 }],
] as const;
const QUERY = `{ job(project: "${demo.project}", id: "${job}") { trace { lines(last: 1000) { nodes { text } } } } }`;

/** Starts the program with a small heap, and a simulated GitLab with a log of 20 MB. */
async function start(maxChars: number) {
  const world = seedWorld({ now: Date.now() });
  const log = `${`${'x'.repeat(199)}\n`.repeat(100_000)}ERROR: the end\n`;
  Object.assign(world.job(demo.failedJobId) ?? {}, { log: [Buffer.from(log)] });
  const simulator = await createSimulator({ world });
  onTestFinished(() => simulator.close());
  const program = await serveProgram({
    ...{ GITLAB_URL: simulator.url, MCP: 'true', MCP_MAX_CHARS: String(maxChars) },
    NODE_OPTIONS: '--max-old-space-size=64',
  });
  /** Returns the largest resident memory of the program so far, in MiB. */
  const peakMiB = () => {
    const status = readFileSync(`/proc/${program.child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  };
  return { ...program, peakMiB };
}

it.each([1_000, 40_000])(
  'tools read a log of 20 MB in the memory that `trace` takes, and answer with at most %i characters',
  async (maxChars) => {
    const byQuery = await start(maxChars);
    for (let round = 0; round < 9; round += 1) {
      const { data } = (await (await byQuery.query(QUERY)).json()) as { data: object };
      expect(JSON.stringify(data)).toContain('ERROR: the end');
    }
    const byTools = await start(maxChars);
    for (let round = 0; round < 3; round += 1) {
      for (const [tool, args] of tools) {
        const { text, isError } = await callTool(byTools.url, tool, args);
        expect([tool, isError, text]).toEqual([tool, false, expect.stringContaining('the end')]);
        expect(text.length).toBeLessThanOrEqual(maxChars);
      }
    }
    expect(byTools.peakMiB()).toBeLessThan(byQuery.peakMiB() + 30);
  },
);
