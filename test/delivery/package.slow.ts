import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { demo } from '../../src/simulator/seed.ts';

/*
 * Tests the package as users get it: packed, and installed into an empty folder, where the
 * `overrides` of this package.json do not apply. npm uses its cache and the registry.
 * SKIP_NPM_INSTALL skips these tests on machines without a registry.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const MINUTE = 60_000;

const npm = (cwd: string, ...args: string[]) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd,
    timeout: 3 * MINUTE,
  });

/** Packs a copy of the published files, with the `dist` that test/setup built. */
async function pack(folder: string): Promise<string> {
  await mkdir(folder);
  const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    files: string[];
  };
  for (const name of ['package.json', ...files]) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  const { stdout } = await npm(folder, 'pack', '--silent', '--ignore-scripts');
  return join(folder, stdout.trim().split('\n').at(-1) ?? '');
}

/** Starts the demo of the installed program. Resolves with its address. */
async function startDemo(folder: string): Promise<string> {
  const program = join(folder, 'node_modules/.bin/gitlab-jobs-gateway');
  const child = spawn(program, ['--demo', '--port', '0'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const [first] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  const address = /http:\S+/.exec(String(first))?.[0];
  if (!address) throw new Error(`it did not start: ${errors}`);
  return address;
}

describe.skipIf(process.env['SKIP_NPM_INSTALL'])('the package', () => {
  const places = { folder: '', tarball: '' };

  beforeAll(async () => {
    const base = await mkdtemp(join(tmpdir(), 'gateway-package-'));
    places.tarball = await pack(join(base, 'packed'));
    places.folder = join(base, 'empty');
    await mkdir(places.folder);
    await writeFile(join(places.folder, 'package.json'), '{"private":true,"type":"module"}');
    await npm(places.folder, 'install', places.tarball);
    return () => rm(base, { recursive: true, force: true });
  }, 6 * MINUTE);

  it('can be installed into an empty folder and run there', async () => {
    const address = await startDemo(places.folder);
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'private-token': demo.token },
      body: JSON.stringify({
        query: `{ job(project: "${demo.project}", id: "${demo.successJobId}") { name } }`,
      }),
    });
    expect(await answer.json()).toMatchObject({ data: { job: { name: 'build' } } });
    const page = await fetch(address, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('graphiql/');
    const board = await fetch(new URL('/board', address));
    expect(await board.text()).toContain('board/assets/');
  });

  it('can be embedded', async () => {
    const script = `import { createGateway, parseConfig } from 'gitlab-jobs-gateway';
      const { config } = parseConfig({ GITLAB_URL: 'http://localhost:1' }, []);
      const gateway = createGateway(config, { version: '1' });
      const url = await gateway.listen('127.0.0.1', 0);
      console.log((await fetch(url + '/health')).status);
      await gateway.close();`;
    await writeFile(join(places.folder, 'embed.js'), script);
    const { stdout } = await run(process.execPath, ['embed.js'], { cwd: places.folder });
    expect(stdout).toBe('200\n');
  });

  it('has what clients must know of the schema, without their libraries', async () => {
    const script = `import { createTypePolicies, possibleTypes } from 'gitlab-jobs-gateway/apollo';
      import { createResolvers, keys } from 'gitlab-jobs-gateway/graphcache';
      import { scalars } from 'gitlab-jobs-gateway/codegen';
      import { createRequire } from 'node:module';
      const { customScalarTypes } = createRequire(import.meta.url)('gitlab-jobs-gateway/relay.json');
      const shipped = [createTypePolicies(String), possibleTypes, createResolvers(String), keys];
      console.log([...shipped, scalars, customScalarTypes].every((value) => Object.keys(value).length > 0));`;
    await writeFile(join(places.folder, 'clients.js'), script);
    const { stdout } = await run(process.execPath, ['clients.js'], { cwd: places.folder });
    expect(stdout).toBe('true\n');
  });

  it('has types that need only its dependencies and the types of Node.js', async () => {
    const { folder } = places;
    const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    const typed = Object.keys(exports).filter((path) => typeof exports[path] === 'object');
    const imports = typed.map((path) => `import '${path.replace('.', 'gitlab-jobs-gateway')}';`);
    await writeFile(join(folder, 'types.ts'), imports.join('\n'));
    await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
    const nodeTypes = 'node_modules/@types/node';
    await rm(join(folder, nodeTypes), { force: true });
    await symlink(await realpath(join(root, nodeTypes)), join(folder, nodeTypes));
    const compiler = join(root, 'node_modules/.bin/tsc');
    const options = '--module nodenext --target es2022 --strict --types node --skipLibCheck false';
    const args = [...options.split(' '), '--noEmit', 'types.ts'];
    const { stdout } = await run(compiler, args, { cwd: folder }).catch((error) => error);
    expect(stdout).toBe('');
  });

  it('contains no development dependencies, sources or tests', async () => {
    const modules = join(places.folder, 'node_modules');
    const installed = await readdir(modules);
    for (const name of ['vitest', 'typescript', 'tsx', '@biomejs', 'yaml']) {
      expect(installed).not.toContain(name);
    }
    const own = await readdir(join(modules, 'gitlab-jobs-gateway'));
    const expected = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'schema'];
    expect(own.sort()).toEqual(expected);
  });
});
