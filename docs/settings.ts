/* Writes the tables of settings into README.md and docs/operations.md: npm run docs */
import { readFileSync, writeFileSync } from 'node:fs';
import { allSettingsTables, commonSettingsTable } from '../src/app/config.ts';

const tables = { 'README.md': commonSettingsTable(), 'docs/operations.md': allSettingsTables() };

for (const [file, table] of Object.entries(tables)) {
  const path = new URL(`../${file}`, import.meta.url);
  const text = readFileSync(path, 'utf8');
  const between = /(<!-- settings: .*? -->\n).*?(\n<!-- end of settings -->)/s;
  if (!between.test(text)) throw new Error(`${file} has no markers`);
  writeFileSync(
    path,
    text.replace(between, (_all, start, end) => `${start}\n${table}\n${end}`),
  );
}
