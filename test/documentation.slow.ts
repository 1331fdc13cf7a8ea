import { execFile, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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

describe('docs/architecture.md', { retry: 0 }, () => {
  const [, section = ''] = readFileSync(`${root}/docs/architecture.md`, 'utf8').split(
    '\n## The files of one request\n',
  );
  const [list = ''] = section.split('\n## ');
  const [, request = '{}'] = /-d '(.*)'/.exec(list) ?? [];
  const listed = [...list.matchAll(/^(\d+)\. `([^`]+)`/gm)];

  it('numbers the files of one request', () => {
    expect(listed.map(([, number]) => Number(number))).toEqual(listed.map((_, at) => at + 1));
  });

  it('lists exactly the files that the request passes through', () => {
    const program = fileURLToPath(new URL('./helpers/files-of-request.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, request], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    const { body, files } = JSON.parse(stdout) as { body: object; files: string[] };
    expect(body).toMatchObject({ data: { job: { name: 'build' } } });
    expect(listed.map(([, , file]) => file).sort()).toEqual(files);
  });
});

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
      const failures = await Promise.all([
        failureOf(folder, 'npm run typecheck'),
        failureOf(folder, `npx biome ci ${sources.join(' ')}`),
        failureOf(folder, `npx vitest run ${tests.join(' ')}`),
      ]);
      expect(failures.join('')).toBe('');
    },
  );
});
