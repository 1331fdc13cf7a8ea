/*
 * Measures the cost per alias of an operation with many jobs by id. Either all aliases read the same job, or
 * each alias reads a different job; the ids are consecutive.
 */
import { jobs } from '../fixtures.js';
import { checkWorkload } from '../operations.js';
import { table } from '../report.js';
import { jobsById } from '../workloads.js';
import { growthOf, inCalls, inMiB, inMs, inUs } from './figures.js';

const SIZES = [1, 10, 100, 500];

/** The gateway's limits, raised so that it accepts 500 aliases. */
const LIMITS = {
  MAX_ALIASES: 500,
  MAX_ROOT_FIELDS: 500,
  MAX_FIELDS: 4_000,
  MAX_TOKENS: 16_000,
  MAX_UPSTREAM_CALLS: 500,
};

const fields = 'databaseId name stage status duration webUrl';
const kinds = {
  'one job': (size) => (index) => Array(size).fill(jobs[index]),
  neighbors: (size) => (index) => jobs.slice(20 * index, 20 * index + size),
};

/** Runs the measurement on a test bed (../stage.js). Returns a section of the report. */
export async function measureAliases(testBed) {
  const env = Object.fromEntries(Object.entries(LIMITS).map(([name, value]) => [name, `${value}`]));
  const gateway = { ...(await testBed.openGateway({ env })), client: 'apollo' };
  const plan = Object.keys(kinds).flatMap((kind) => SIZES.map((size) => ({ kind, size })));
  const cases = [];
  for (const { kind, size } of plan) {
    const byId = jobsById(kinds[kind](size), { size, fields });
    const workload = { id: `${size} aliases of ${kind}`, ...byId, count: 50 };
    cases.push({ subject: gateway, operations: await checkWorkload(workload, gateway, 5) });
  }
  await testBed.measure(cases[2], 3_000);
  const results = await testBed.compare(cases);
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
    note: `Six fields of each job, whose id is a variable of its own. Raised so that 500 pass: ${limits.join(', ')}.`,
    table: table(head.split(', '), plan.map(rowOf)),
  };
}
