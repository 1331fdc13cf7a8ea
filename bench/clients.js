/*
 * Measures the gateway's CPU time for requests that real clients send, as a multiple of its CPU
 * time for a plain POST with variables. The requests have Apollo's extensions, the id of a trusted
 * document, the method GET, or literals instead of variables. The ratios compare results of one
 * run, in which every round measures every case.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobs, project } from './fixtures.js';
import { table, writeReport } from './report.js';
import { openTestBed, recordLengths } from './stage.js';

const WARM_UP_MS = 3_000;
const ROUNDS = 11;
const ROUND_MS = 1_500;

const [job] = jobs;
const fields = `databaseId name stage status ref tag coverage allowFailure createdAt startedAt finishedAt
  duration queuedDuration webUrl tagList
  commit { shortId title authorName } user { username name }
  pipeline { databaseId status ref } runner { description status }`;
const query = `query Job($project: ID!, $id: ID!) { job(project: $project, id: $id) { ${fields} } }`;
const literal = `query Job { job(project: "${project}", id: "${job.id}") { ${fields} } }`;
const variables = { project: String(project), id: String(job.id) };
const operationName = 'Job';
const documentId = `sha256:${createHash('sha256').update(query).digest('hex')}`;

const headers = { 'content-type': 'application/json' };
const post = (body) => [{ method: 'POST', path: '/graphql', headers, body: JSON.stringify(body) }];
const clientLibrary = { name: '@apollo/client', version: '4.3.8' };
const search = new URLSearchParams({
  query,
  operationName,
  variables: JSON.stringify(variables),
});

/** The cases. A `goal` is the maximum CPU time, as a multiple of the CPU time of the first case. */
const cases = [
  { name: 'POST with variables (plain)', requests: post({ query, operationName, variables }) },
  {
    name: "Apollo Client 4's extensions.clientLibrary",
    requests: post({ operationName, variables, extensions: { clientLibrary }, query }),
    goal: 1.15,
  },
  {
    name: 'documentId of a manifest',
    requests: post({ documentId, operationName, variables }),
    goal: 1.15,
  },
  { name: 'GET', requests: [{ method: 'GET', path: `/graphql?${search}` }], goal: 1.15 },
  { name: 'POST with literals', requests: post({ query: literal, operationName }) },
];

const directory = mkdtempSync(join(tmpdir(), 'bench-clients-'));
const manifest = join(directory, 'manifest.json');
writeFileSync(manifest, JSON.stringify({ [documentId.slice('sha256:'.length)]: query }));

const testBed = await openTestBed();
try {
  const subject = await testBed.openGateway({ env: { TRUSTED_DOCUMENTS_FILE: manifest } });
  const checked = [];
  for (const { requests } of cases)
    checked.push({ subject, requests: await recordLengths(subject, requests) });
  const bytes = new Set(checked.map(({ requests }) => requests[0].bytes));
  if (bytes.size !== 1) throw new Error(`The cases have different responses: ${[...bytes]} bytes`);
  const measured = await testBed.compare(checked, {
    warmUpMs: WARM_UP_MS,
    rounds: ROUNDS,
    roundMs: ROUND_MS,
  });
  const [plain] = measured;
  const withLiterals = measured.at(-1);
  const ratio = (one, other) => one.cpuMs / other.cpuMs;
  const row = (name, { cpuMs }, times, goal) => [
    name,
    `${cpuMs.toFixed(3)} ms`,
    times.toFixed(2),
    goal ? `≤ ${goal}${times <= goal ? '' : ' **missed**'}` : '',
  ];
  const rows = cases.map(({ name, goal }, at) =>
    row(name, measured[at], ratio(measured[at], plain), goal),
  );
  rows.push(row('variables, against literals', plain, ratio(plain, withLiterals), 1.1));
  const head = ['request', 'CPU', 'times the plain request', 'goal'];
  const text = `
One job with 15 scalars and 4 objects. Medians of ${ROUNDS} rounds of ${ROUND_MS / 1000} s, taken in turns
after ${WARM_UP_MS / 1000} s of warm-up each, on Node ${process.versions.node}.
${testBed.disturbance()}

${table(head, rows)}
`;
  console.log(text);
  writeReport('clients-', 'Real clients', text);
} finally {
  await testBed.close();
  rmSync(directory, { recursive: true });
}
