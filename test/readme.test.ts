import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commonSettingsTable } from '../src/app/config.ts';
import { demo, seedWorld } from '../src/simulator/seed.ts';
import { startGateway } from './helpers/start-gateway.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? '';

it('the README’s query returns the README’s result in the demo', async () => {
  const { query } = await startGateway({ simulator: { world: seedWorld() }, token: demo.token });
  expect(await query(block('graphql'))).toEqual(JSON.parse(block('json')));
});

it('the README’s table of settings is up to date (npm run docs)', () => {
  expect(readme).toContain(`\n${commonSettingsTable()}\n`);
  expect(commonSettingsTable().split('\n')).toHaveLength(2 + 12);
});
