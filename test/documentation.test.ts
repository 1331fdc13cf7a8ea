import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { walkthroughs } from './helpers/walkthroughs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const isFile = (path: string) => existsSync(`${root}/${path}`);
const { name: packageName } = JSON.parse(read('package.json')) as { name: string };
const pages = [
  'README.md',
  'CHANGELOG.md',
  'examples/board/README.md',
  ...readdirSync(`${root}/docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('links to files and headings that exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = targets.filter(([, path = '', heading]) => {
      const target = path
        ? fileURLToPath(new URL(path, `file://${root}/${page}`))
        : `${root}/${page}`;
      if (!existsSync(target)) return true;
      return heading !== undefined && !headingsOf(readFileSync(target, 'utf8')).includes(heading);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('names files that exist', () => {
    const names = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*\.(?:ts|js|graphql|md|yaml))`/g)];
    const missing = names
      .map(([, name = '']) => name)
      .filter((name) => !name.startsWith(`${packageName}/`))
      // dist/ exists only after a build.
      .map((name) => name.replace(/^dist\/(.*)\.js$/, 'src/$1.ts'))
      .filter((name) => ![name, `src/${name}`, `${dirname(page)}/${name}`].some(isFile));
    expect(missing).toEqual([]);
  });
});

describe('docs/adding.md', () => {
  it('has six walkthroughs as diffs', () => expect(walkthroughs).toHaveLength(6));

  it.each(walkthroughs)('has diffs that apply: $title', ({ patch }) => {
    const git = ['apply', '--check', '-'];
    const { status, stderr } = spawnSync('git', git, { cwd: root, input: patch, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
