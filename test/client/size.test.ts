import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('has at most 4 KiB, minified and gzipped', async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/client/index.ts'],
    ...{ bundle: true, minify: true, format: 'esm', target: 'es2022', write: false },
  });
  expect(gzipSync(outputFiles[0]!.contents, { level: 9 }).length).toBeLessThanOrEqual(4096);
});
