// Starts the built program as a user would and runs one example operation against it.
import { readdirSync, readFileSync } from 'node:fs';
import { startDemo } from './demo.mjs';

const [file] = readdirSync('schema/operations').sort();
const query = readFileSync(`schema/operations/${file}`, 'utf8');
const variables = JSON.parse(/^# variables: (.*)$/m.exec(query)?.[1] ?? '{}');
const { address, stop } = await startDemo();
try {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'private-token': 'glpat-demo-maintainer' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors || !data) throw new Error(JSON.stringify(errors));
  const page = await fetch(new URL('/', address), { headers: { accept: 'text/html' } });
  if (!page.ok || !page.url.endsWith('/board')) throw new Error(`${page.status} ${page.url}`);
  console.log(`${file}: ${JSON.stringify(data).slice(0, 120)}…`);
} finally {
  stop();
}
