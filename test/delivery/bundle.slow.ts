import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createFolder } from '../helpers/files.ts';
import { spawnProgram } from '../helpers/program.ts';

const root = new URL('../../', import.meta.url);
const dist = new URL('dist/', root);
/** Reads a file below the root of the repository. */
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');
const programFiles = () => readdirSync(new URL('program/', dist));

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

/** Returns the folders of the packages whose code is in the program, according to its source maps. */
function bundledPackages(): Set<string> {
  const maps = programFiles().filter((name) => name.endsWith('.map'));
  const sources = maps.flatMap(
    (name) => (JSON.parse(read(`dist/program/${name}`)) as { sources: string[] }).sources,
  );
  const folders = sources.map(
    (source) => /node_modules\/(?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(source)?.[0],
  );
  return new Set(folders.filter((folder) => folder !== undefined));
}

describe('the licenses of the bundled packages', () => {
  const notices = read('dist/program/LICENSES.txt').split(/\n\n\n(?=# )/);

  it.each([...bundledPackages()])('have a notice of %s', (folder) => {
    const { name, version } = JSON.parse(read(`${folder}/package.json`)) as Record<string, string>;
    const notice = notices.find((text) => text.startsWith(`# ${name} ${version} (`));
    expect(notice).toMatch(
      /Permission is hereby granted|Permission to use|Apache License|Blue Oak/,
    );
  });
});

describe('the licenses of the packages in the board', () => {
  it.each(['@urql/core', 'preact', 'urql', 'virtua', 'wonka'])('have a notice of %s', (name) => {
    const notices = read('dist/board/LICENSES.md').split(/^(?=## )/m);
    const notice = notices.find((text) => text.startsWith(`## ${name} - `));
    expect(notice).toContain('Permission is hereby granted');
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

/** Starts the demo of a copy of the program that lacks the files with these sources. */
async function startWithout(...sources: string[]): Promise<string> {
  const folder = createFolder();
  const copy = (name: string) =>
    cpSync(new URL(name, root), join(folder, name), { recursive: true });
  for (const name of ['package.json', 'dist/cli.js', 'dist/program']) copy(name);
  for (const name of ['schema', 'node_modules']) {
    symlinkSync(fileURLToPath(new URL(name, root)), join(folder, name));
  }
  const scripts = programFiles().filter((name) => name.endsWith('.js'));
  for (const name of scripts) {
    const text = read(`dist/program/${name}`);
    if (sources.some((source) => text.includes(`// node_modules/${source}/`)))
      rmSync(join(folder, 'dist/program', name));
  }
  const child = spawnProgram(['--demo', '--port', '0'], {}, join(folder, 'dist/cli.js'));
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  while (!output.includes('\n')) await once(child.stdout, 'data');
  return /http:\S+(?=graphql)/.exec(output)?.[0] ?? '';
}

describe('a program of which parts cannot be loaded', { retry: 0 }, () => {
  it('answers their requests with status 500, and serves all others', async () => {
    const url = await startWithout('graphql-yoga', '@modelcontextprotocol/server');
    const post = (path: string, body: object, accept: string) =>
      fetch(new URL(path, url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(body),
      });
    const query = { query: '{ __typename }' };
    const current = {
      query:
        '{ project(fullPath: "acme/shop/web") { jobs(first: 1, statuses: [RUNNING]) { nodes { id } } } }',
    };
    const found = await (await post('graphql', current, 'application/json')).json();
    const { id } = found.data.project.jobs.nodes[0];
    const follow = { query: `subscription { jobUpdated(id: "${id}") { status } }` };
    const multipart = 'multipart/mixed;subscriptionSpec=1.0';
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const broken = [
      () => post('graphql', query, multipart),
      () => post('graphql', follow, multipart),
      () => post('mcp', list, 'application/json, text/event-stream'),
    ];
    for (const send of [...broken, ...broken]) {
      const answer = await send();
      expect([answer.status, await answer.text()]).toEqual([
        500,
        expect.stringContaining('"code":"INTERNAL_SERVER_ERROR"'),
      ]);
    }
    expect((await post('graphql', query, 'application/json')).status).toBe(200);
    const metrics = await (await fetch(new URL('metrics', url))).text();
    expect(metrics).toMatch(/^gateway_live_subscriptions 0$/m);
  });
});
