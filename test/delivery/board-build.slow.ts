import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createFolder } from '../helpers/files.ts';

const script = fileURLToPath(new URL('../../examples/board/build.js', import.meta.url));

/**
 * A build script that records in the file `runs` that it ran. It also writes documents.json, whose
 * modification time build.js takes as the time of the last build.
 */
const BUILD = `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('../../runs', 'x');
mkdirSync('../../dist/board', { recursive: true });
writeFileSync('../../dist/board/documents.json', '{}');
`;
const HOUR = 3600;

/** Creates a repository with a board that has no dependencies. `source` is its build script. */
function createRepository(source = BUILD) {
  const root = createFolder();
  const board = join(root, 'examples/board');
  const files = {
    'package.json': JSON.stringify({ type: 'module', scripts: { build: 'node vite.js' } }),
    'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages: { '': {} } }),
    'vite.js': source,
    'src/main.tsx': '',
    '../../src/client/index.ts': '',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(board, name)), { recursive: true });
    writeFileSync(join(board, name), text);
  }
  cpSync(script, join(board, 'build.js'));
  const run = (...args: string[]) =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const child = execFile(process.execPath, [join(board, 'build.js'), ...args], (_e, out, err) =>
        resolve({ code: child.exitCode ?? -1, output: out + err }),
      );
    });
  const runs = () => (existsSync(join(root, 'runs')) ? readFileSync(join(root, 'runs')).length : 0);
  /** Sets the time of a file to an hour from now, so that it is newer than the built board. */
  const touch = (name: string) => {
    const later = Date.now() / 1000 + HOUR;
    utimesSync(join(root, name), later, later);
  };
  return { root, run, runs, touch };
}

describe('the build of the board', () => {
  it('shows its progress, and does nothing while the built board is newer than its sources', async () => {
    const { run, runs } = createRepository();
    const first = await run();
    expect(first).toEqual({
      code: 0,
      output: 'Board: installing its packages…\nBoard: building…\n',
    });
    expect(await run()).toEqual({ code: 0, output: '' });
    expect(runs()).toBe(1);
  });

  it.each([
    'examples/board/src/main.tsx',
    'examples/board/package-lock.json',
    'src/client/index.ts',
  ])('runs again after a change of %s', async (name) => {
    const { run, runs, touch } = createRepository();
    await run();
    touch(name);
    expect((await run()).code).toBe(0);
    expect(runs()).toBe(2);
  });

  it('does not install packages that are newer than the lock file', async () => {
    const { root, run } = createRepository();
    mkdirSync(join(root, 'examples/board/node_modules'));
    writeFileSync(join(root, 'examples/board/node_modules/.package-lock.json'), '{}');
    expect((await run()).output).toBe('Board: building…\n');
  });

  it('fails with the output of the step that failed', async () => {
    const { run } = createRepository('throw new Error("no bundler")');
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('no bundler');
  });

  it('is one sentence instead with --optional', async () => {
    const { run } = createRepository('throw new Error("no bundler")');
    const { code, output } = await run('--optional');
    expect(code).toBe(0);
    expect(output.trim().split('\n').slice(2)).toEqual([
      expect.stringMatching(
        /^Board: it could not be built\. .*; `npm run build:board` shows why\.$/,
      ),
    ]);
  });
});
