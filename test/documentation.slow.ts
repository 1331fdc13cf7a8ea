import { execFile } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createFolder } from './helpers/files.ts';
import { walkthroughs } from './helpers/walkthroughs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const notCopied = ['.git', 'node_modules', 'dist', 'coverage'];

/** Copies the working tree, without dist/, to a folder that is removed when the test ends. */
function copySources(): string {
  const folder = createFolder();
  const filter = (path: string) => !notCopied.includes(basename(path));
  cpSync(root, folder, { recursive: true, filter });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs a command in a folder. Returns its output if it fails, and '' if it succeeds. */
function failureOf(folder: string, command: string): Promise<string> {
  const [program = '', ...args] = command.split(' ');
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] };
    execFile(program, args, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve(error ? `${command}:\n${stdout}${stderr}` : ''),
    );
  });
}

describe('docs/adding.md', () => {
  it.each(walkthroughs)(
    'has diffs that compile and whose tests pass: $title',
    { retry: 0 },
    async ({ patch, sources }) => {
      const tests = sources.filter((file) => file.endsWith('.test.ts'));
      expect(tests).not.toEqual([]);
      const folder = copySources();
      writeFileSync(join(folder, 'walkthrough.patch'), patch);
      // Creates a git repository in the folder. Without it, `git apply` would ignore the diffs if
      // the folder is inside another repository.
      expect(await failureOf(folder, 'git init --quiet')).toBe('');
      expect(await failureOf(folder, 'git apply walkthrough.patch')).toBe('');
      expect(await failureOf(folder, 'npm run codegen')).toBe('');
      // Now dist/ is newer than the sources, so vitest does not build it. The tests do not use it.
      cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
      const failures = await Promise.all([
        failureOf(folder, 'npm run typecheck'),
        failureOf(folder, `npx biome ci ${sources.join(' ')}`),
        failureOf(folder, `npx vitest run ${tests.join(' ')}`),
      ]);
      expect(failures.join('')).toBe('');
    },
  );
});
