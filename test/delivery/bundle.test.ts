import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const dist = new URL('dist/', root);
/** Reads a file below the root of the repository. */
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** Adds a file of the program, and the files that Node loads together with it, to `texts`. */
function addLoaded(file: URL, texts = new Map<string, string>()): Map<string, string> {
  if (texts.has(file.href)) return texts;
  const text = readFileSync(file, 'utf8');
  texts.set(file.href, text);
  for (const [, path = ''] of text.matchAll(/^(?:import|export) (?:[^;]* from )?"(\.[^"]+)";$/gm)) {
    addLoaded(new URL(path, file), texts);
  }
  return texts;
}

describe('the bundled program', () => {
  const names = ['cli', 'program/config', 'program/process'];
  const loaded = new Map(names.flatMap((name) => [...addLoaded(new URL(`${name}.js`, dist))]));
  const text = [...loaded.values()].join('\n');
  const has = (source: string) => text.includes(source);

  it('loads few files at its start, with the packages that requests need', () => {
    expect(loaded.size).toBeLessThan(20);
    expect(['src/graphql/schema.ts', 'undici/lib/dispatcher/pool.js'].filter(has)).toHaveLength(2);
  });

  it.each([
    'node_modules/@modelcontextprotocol/',
    'node_modules/graphql-yoga/',
    'node_modules/ioredis/',
    'node_modules/undici/lib/mock/',
    'src/simulator/',
  ])('does not load %s at its start', (source) => {
    expect(has(source)).toBe(false);
  });
});

describe('the published types', () => {
  it('do not need the files of undici, which have no types', () => {
    const names = readdirSync(dist, { recursive: true, encoding: 'utf8' });
    const types = names.filter((name) => name.endsWith('.d.ts'));
    expect(types.length).toBeGreaterThan(100);
    expect(types.filter((name) => read(`dist/${name}`).includes('undici/lib'))).toEqual([]);
  });
});
