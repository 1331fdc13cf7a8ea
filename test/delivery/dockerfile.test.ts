import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

interface Instruction {
  name: string;
  args: string;
}

/** Returns the instructions of a Dockerfile by stage. Continued lines are joined. */
function parseStages(text: string): Instruction[][] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  const instructions = lines.filter(Boolean).map((line) => {
    const [name = ''] = line.split(' ', 1);
    return { name, args: line.slice(name.length + 1) };
  });
  const stages: Instruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.name === 'FROM') stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}

const text = read('Dockerfile');
const stages = parseStages(text);
const final = stages.at(-1) ?? [];
const argsOf = (name: string, stage = final) =>
  stage.filter((one) => one.name === name).map(({ args }) => args);

/**
 * Checks the relevant rules of the linter hadolint by reading the Dockerfile, because Docker is
 * missing where the tests run.
 */
describe('the Dockerfile', () => {
  it('has several stages, all on one image with a pinned version', () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const [from] of stages) expect(from?.args).toMatch(/^\$\{NODE_IMAGE\} AS \w+$/);
    const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(text) ?? [];
    expect(image).toMatch(/^node:24\.\d+\.\d+-[\w-]+$/);
    const engines = (JSON.parse(read('package.json')) as { engines: { node: string } }).engines;
    expect(engines.node).toBe('>=20.18.1');
  });

  it('installs from the lockfile, without install scripts and dev dependencies', () => {
    const runs = stages.flatMap((stage) => argsOf('RUN', stage));
    for (const run of runs) expect(run).toMatch(/^npm (ci .*--ignore-scripts|run build)$/);
    const modules = argsOf('COPY').find((copy) => copy.includes('node_modules')) ?? '';
    const source = /--from=(\w+)/.exec(modules)?.[1];
    const stage = stages.find(([from]) => from?.args.endsWith(` AS ${source}`)) ?? [];
    expect(argsOf('RUN', stage)).toEqual(['npm ci --omit=dev --ignore-scripts']);
  });

  it('runs as a numeric user that is not root and owns no files', () => {
    expect(argsOf('USER')).toEqual(['1000:1000']);
    for (const copy of argsOf('COPY')) expect(copy).toContain('--chown=0:0');
    const order = final.map(({ name }) => name);
    expect(order.lastIndexOf('COPY')).toBeLessThan(order.indexOf('USER'));
  });

  it('starts the program without a shell, and checks its health', () => {
    expect(argsOf('CMD').map((cmd) => JSON.parse(cmd))).toEqual([['node', 'dist/cli.js']]);
    const [check = ''] = argsOf('HEALTHCHECK');
    const command = JSON.parse(check.slice(check.indexOf('['))) as string[];
    expect(command.slice(0, 2)).toEqual(['node', '-e']);
    expect(() => new Function(command[2] ?? '?')).not.toThrow();
    expect(command[2]).toContain('/health');
  });

  it('downloads nothing, contains no secrets, and uses absolute folders', () => {
    for (const stage of stages) {
      expect(argsOf('ADD', stage)).toEqual([]);
      for (const folder of argsOf('WORKDIR', stage)) expect(folder).toMatch(/^\//);
      expect([...argsOf('ENV', stage), ...argsOf('ARG', stage)].join()).not.toMatch(
        /token|secret|passw/i,
      );
    }
  });

  it('copies exactly what .dockerignore allows', () => {
    const [first, ...rules] = read('.dockerignore')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'));
    expect(first).toBe('*');
    const allowed = rules.filter((rule) => rule.startsWith('!'));
    const excluded = rules.filter((rule) => !allowed.includes(rule));
    expect(excluded).toEqual(['examples/board/node_modules']);
    const copied = stages
      .flatMap((stage) => argsOf('COPY', stage))
      .filter((copy) => !copy.includes('--from='))
      .flatMap((copy) =>
        copy
          .split(' ')
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1),
      );
    expect(new Set(copied)).toEqual(new Set(allowed.map((line) => line.slice(1))));
  });
});
