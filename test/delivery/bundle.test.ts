import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const dist = new URL('../../dist/', import.meta.url);

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
