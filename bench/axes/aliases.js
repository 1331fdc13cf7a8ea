/* How much a job by id costs, the more of them one operation names: one job again and again, or neighbours. */
import { expectedData } from '../expected.js';
import { jobs, project } from '../fixtures.js';
import { table } from '../report.js';
import { checkData } from '../stage.js';
import { growthOf, inCalls, inMiB, inMs, inUs } from './figures.js';

const SIZES = [1, 10, 100, 500];
const rows = jobs;

/** The limits that would refuse the larger ones, raised to where they just do not. */
const LIMITS = {
  MAX_ALIASES: 500,
  MAX_ROOT_FIELDS: 500,
  MAX_FIELDS: 3_500,
  MAX_TOKENS: 13_000,
  MAX_UPSTREAM_CALLS: 500,
};

const field = ({ id }, index) =>
  `j${index}: job(project: "${project}", id: "${id}") { databaseId name stage status duration webUrl }`;

function operationOn(chosen) {
  const query = `{ ${chosen.map(field).join('\n')} }`;
  const entries = chosen.map((row, index) => [`j${index}`, { ...row, type: 'Job' }]);
  return [query, expectedData(query, Object.fromEntries(entries))];
}

/** Measures it on a stage; gives a section of the report. */
export async function measureAliases(stage) {
  const env = Object.fromEntries(Object.entries(LIMITS).map(([name, value]) => [name, `${value}`]));
  const gateway = await stage.openGateway({ env });
  const kinds = {
    'one job': (size) => Array(size).fill(rows[0]),
    neighbours: (size) => rows.slice(0, size),
  };
  const plan = Object.keys(kinds).flatMap((kind) => SIZES.map((size) => ({ kind, size })));
  const cases = [];
  for (const { kind, size } of plan) {
    const requests = await checkData(gateway, ...operationOn(kinds[kind](size)));
    cases.push({ subject: gateway, requests });
  }
  await stage.measure(cases[2], 3_000);
  const results = await stage.compare(cases);
  const perAlias = plan.map(({ size }, index) => results[index].cpuMs / size);
  const half = SIZES.length;
  const growth = [...growthOf(perAlias.slice(0, half)), ...growthOf(perAlias.slice(half))];
  const limits = Object.keys(LIMITS).map((name) => `\`${name}\``);
  const head = 'aliases, of, CPU per operation, CPU per alias, growth, calls, p50, peak memory';
  const rowOf = ({ kind, size }, index) => {
    const { cpuMs, calls, p50, peakMiB } = results[index];
    const costs = [inMs(cpuMs), inUs(perAlias[index]), growth[index], inCalls(calls)];
    return [size, kind, ...costs, inMs(p50), inMiB(peakMiB)];
  };
  return {
    title: 'Aliases in one operation',
    note: `Six fields of each job by id. Raised so far that 500 just pass: ${limits.join(', ')}.`,
    table: table(head.split(', '), plan.map(rowOf)),
  };
}
