import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/**
 * Who may import whom inside `src`: every folder, and every file directly in `src`, is a room. Each
 * names the rooms it may use; "type" after one means types only. Never back, never sideways.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  cli: ['config', 'serve', 'graphql'],
  serve: ['config type', 'lifecycle', 'observability', 'server', 'simulator'],
  index: ['config', 'server'],
  server: [
    'config',
    'context',
    'direct',
    'engine',
    'gitlab',
    'graphql',
    'lifecycle',
    'live',
    'observability',
    'plugins',
    'trace',
    'websocket',
  ],
  engine: [
    'config',
    'context',
    'gitlab',
    'graphql',
    'lifecycle type',
    'live type',
    'observability type',
    'plugins',
  ],
  direct: [
    'config type',
    'context type',
    'execution',
    'graphql',
    'long-texts',
    'observability',
    'plugins',
  ],
  execution: ['graphql'],
  websocket: ['config type', 'context', 'graphql', 'live'],
  context: [
    'freshness',
    'gitlab',
    'live type',
    'loaders',
    'long-texts type',
    'signals',
    'trace type',
  ],
  'long-texts': ['young-garbage'],
  'young-garbage': [],
  freshness: ['gitlab type', 'loaders type', 'row-lists type'],
  loaders: ['gitlab', 'row-lists', 'trace'],
  'row-lists': ['gitlab'],
  config: ['env-reader', 'secret type'],
  'env-reader': ['secret'],
  secret: [],
  signals: [],
  plugins: [
    'config type',
    'context type',
    'gitlab',
    'graphql',
    'lifecycle',
    'live',
    'long-texts',
    'observability',
    'signals',
    'trace',
  ],
  observability: ['gitlab'],
  lifecycle: ['live type', 'observability'],
  graphql: ['context type', 'gitlab', 'live type', 'loaders type', 'row-lists type', 'trace'],
  live: ['gitlab', 'trace'],
  gitlab: ['young-garbage'],
  trace: [],
  simulator: ['gitlab type'],
};

/** What of `gitlab` the schema may use: shapes, errors and list words, never the client or the wire. */
const graphqlMayUse = ['gitlab/rest.ts', 'gitlab/errors.ts', 'gitlab/lists/list.ts'];

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const roomOf = (file: string) => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/g,
  );
  const late = text.matchAll(/\bimport\('(\.[^']+)'\)/g);
  const to = (path: string) => normalize(join(dirname(file), path));
  return [
    ...[...found].map(([, type, path = '']) => ({
      from: file,
      to: to(path),
      typeOnly: Boolean(type),
    })),
    ...[...late].map(([, path = '']) => ({ from: file, to: to(path), typeOnly: false })),
  ];
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const texts = files.map((file) => readFileSync(join(src, file), 'utf8'));
const imports = files.flatMap(importsOf);

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const [room, target] = [roomOf(from), roomOf(to)];
  const rules = mayImport[room] ?? [];
  return (
    room === target || rules.includes(target) || (typeOnly && rules.includes(`${target} type`))
  );
}

/** The files that reach themselves again through their imports. */
function cyclesOf(edges: readonly Import[]): string[] {
  const next = groupByFrom(edges);
  const reaches = (start: string): boolean => {
    const seen = new Set<string>();
    const open = [start];
    for (let file = open.pop(); file; file = open.pop()) {
      for (const { to } of next.get(file) ?? []) {
        if (to === start) return true;
        if (!seen.has(to)) open.push(to);
        seen.add(to);
      }
    }
    return false;
  };
  return [...next.keys()].filter(reaches);
}

function groupByFrom(edges: readonly Import[]): Map<string, Import[]> {
  const groups = new Map<string, Import[]>();
  for (const edge of edges) groups.set(edge.from, [...(groups.get(edge.from) ?? []), edge]);
  return groups;
}

const quantile = (sizes: number[], part: number) =>
  sizes.sort((a, b) => a - b)[Math.min(sizes.length - 1, Math.floor(sizes.length * part))] ?? 0;

describe('the architecture', () => {
  it('knows every room', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in mayImport))).toEqual([]);
  });

  it('imports only as the table says', () => {
    const wrong = imports
      .filter((edge) => !isAllowed(edge))
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  it('keeps resolvers away from URLs, headers and tokens', () => {
    const wrong = imports
      .filter(
        ({ from, to, typeOnly }) =>
          !typeOnly && roomOf(from) === 'graphql' && roomOf(to) === 'gitlab',
      )
      .filter(({ to }) => !graphqlMayUse.includes(to))
      .map(({ from, to }) => `${from} → ${to}`);
    expect(wrong).toEqual([]);
  });

  it('has no import cycle, not even of types', () => {
    expect(cyclesOf(imports)).toEqual([]);
  });

  it('would notice a cycle and a wrong import', () => {
    const edge = (from: string, to: string): Import => ({ from, to, typeOnly: false });
    expect(cyclesOf([edge('a.ts', 'b.ts'), edge('b.ts', 'a.ts')])).toEqual(['a.ts', 'b.ts']);
    expect(isAllowed(edge('gitlab/client.ts', 'graphql/job.ts'))).toBe(false);
    expect(isAllowed(edge('simulator/world.ts', 'gitlab/rest.ts'))).toBe(false);
    expect(isAllowed({ ...edge('simulator/world.ts', 'gitlab/rest.ts'), typeOnly: true })).toBe(
      true,
    );
  });

  it('leaves the environment to cli.ts', () => {
    const readers = files.filter((_file, at) => /process\.(env|argv)/.test(texts[at] ?? ''));
    expect(readers).toEqual(['cli.ts']);
  });

  it('stays within the size budget: lines of code, without comments, median 80 and 95 % within 250', () => {
    const isCode = (line: string) => !/^\s*($|\/\/|\/?\*)/.test(line);
    const sizes = texts.map((text) => text.split('\n').filter(isCode).length);
    expect(quantile(sizes, 0.5)).toBeLessThanOrEqual(80);
    expect(quantile(sizes, 0.95)).toBeLessThanOrEqual(250);
  });

  it('has no file of over 300 lines', () => {
    const long = files.filter((_file, at) => (texts[at]?.split('\n').length ?? 0) > 301);
    expect(long).toEqual([]);
  });
});
