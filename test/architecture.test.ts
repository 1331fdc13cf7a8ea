import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/**
 * The import order. A folder may import its own files and the files of folders in later rows.
 * Folders in one row must not import each other; app/ connects them.
 */
const ranks: readonly (readonly string[])[] = [
  ['cli', 'index'],
  ['app'],
  ['http', 'websocket', 'mcp'],
  ['operation'],
  ['compiler', 'federation'],
  ['graphql'],
  ['context', 'webhooks'],
  ['live', 'observability'],
  ['pipeline'],
  ['gitlab'],
  ['trace', 'util', 'clients'],
  ['client'],
];

/**
 * The files of src/gitlab that src/graphql may import: row types, errors and types of lists, but
 * not the client or the transport.
 */
const graphqlMayUse = [
  'gitlab/rows.ts',
  'gitlab/errors.ts',
  'gitlab/lists/page-request.ts',
  'gitlab/lists/jobs-by-id-plan.ts',
  'gitlab/lists/merged-list.ts',
];

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

const rankOf = (room: string) => ranks.findIndex((rank) => rank.includes(room));

/**
 * Returns whether an import from or to the simulated GitLab is allowed. Besides its own files, the
 * simulator may import only types of src/gitlab. Only app/ may import the simulator.
 */
function isSimulatorAllowed({ from, to, typeOnly }: Import): boolean {
  if (roomOf(from) !== 'simulator') return roomOf(from) === 'app';
  return roomOf(to) === 'simulator' || (typeOnly && roomOf(to) === 'gitlab');
}

function isAllowed(edge: Import): boolean {
  const [room, target] = [roomOf(edge.from), roomOf(edge.to)];
  if (room === 'simulator' || target === 'simulator') return isSimulatorAllowed(edge);
  return room === target || rankOf(target) > rankOf(room);
}

/** Returns the files that import themselves through other files. */
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

describe('the architecture', () => {
  it('knows every room', () => {
    const known = [...ranks.flat(), 'simulator'];
    expect([...new Set(files.map(roomOf))].filter((room) => !known.includes(room))).toEqual([]);
  });

  it('takes the values of node:http from util/http.ts', () => {
    const program = files.filter((file) => !file.startsWith('simulator/'));
    const importing = program.filter((file) =>
      /^import (?!type )[^;]*from 'node:http'/m.test(readFileSync(join(src, file), 'utf8')),
    );
    expect(importing).toEqual([]);
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
    expect(isAllowed(edge('simulator/world.ts', 'gitlab/rows.ts'))).toBe(false);
    expect(isAllowed({ ...edge('simulator/world.ts', 'gitlab/rows.ts'), typeOnly: true })).toBe(
      true,
    );
  });

  it('keeps the client usable in browsers', () => {
    const imported = files
      .filter((file) => roomOf(file) === 'client')
      .flatMap((file) =>
        [...readFileSync(join(src, file), 'utf8').matchAll(/\bfrom '([^']+)'/g)].map(
          ([, of]) => of,
        ),
      );
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((of) => !of?.startsWith('./'))).toEqual([]);
  });

  it('leaves the environment to cli.ts', () => {
    const readers = files.filter((_file, at) => /process\.(env|argv)/.test(texts[at] ?? ''));
    expect(readers).toEqual(['cli.ts']);
  });
});
