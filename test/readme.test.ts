import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { demo, seedWorld } from '../src/simulator/seed.ts';
import { startGateway } from './helpers/start-gateway.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? '';

it('the README’s query gets the README’s answer in the demo', async () => {
  const { query } = await startGateway({ simulator: { world: seedWorld() }, token: demo.token });
  expect(await query(block('graphql'))).toEqual(JSON.parse(block('json')));
});

it('the README lists every setting that the program reads', () => {
  const config = readFileSync(new URL('../src/app/config.ts', import.meta.url), 'utf8');
  const settings = [...config.matchAll(/'([A-Z][A-Z_]+)'/g)].map(([, name = '']) => name);
  expect(settings.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
