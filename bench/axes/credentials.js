/* Measures the cost of an operation for different numbers of callers, each of which has its own token. */
import { keptMiB } from '../inspector.js';
import { checkWorkload } from '../operations.js';
import { rssMiB } from '../processes.js';
import { unlessQuick } from '../quick.js';
import { table } from '../report.js';
import { createWorkloads } from '../workloads.js';
import { growthOf, inCalls, inKiB, inMiB, inMs } from './figures.js';

const SIZES = unlessQuick([1, 100, 1_000, 10_000], [1, 100]);
/** Number of different jobs. A divisor or multiple of each size, so that a caller always reads the same jobs. */
const JOBS = 100;
/** The workloads are created without cursors, because W1 and W7 need none. */
const workloads = createWorkloads(() => '');
const [read, write] = ['W1', 'W7'].map((name) => workloads.find(({ id }) => id === name));

const caseOf = async (subject, workload, tokens) => ({
  subject,
  operations: await checkWorkload({ ...workload, count: JOBS }, { ...subject, client: 'apollo' }),
  tokens,
  // At most one running operation per caller: equal concurrent reads of one caller would share one call to GitLab.
  concurrency: Math.min(tokens, 8),
});

/**
 * Minimum number of operations before the measurement. Each caller sends at least one operation.
 */
const WARM_UP = unlessQuick(3_000, 10);

async function warmUp(testBed, one) {
  for (let left = Math.max(WARM_UP, one.tokens); left > 0; ) {
    left -= (await testBed.measure(one, 1_000)).took.length;
  }
}

/** Runs the measurement on a test bed (../stage.js). Returns a section of the report. */
export async function measureCredentials(testBed) {
  const gateways = [];
  const cases = [];
  for (const size of SIZES) {
    const gateway = await testBed.openGateway({ inspect: true });
    const reads = await caseOf(gateway, read, size);
    await warmUp(testBed, reads);
    cases.push(reads, await caseOf(gateway, write, size));
    gateways.push(gateway);
  }
  const results = await testBed.compare(cases);
  const kept = [];
  for (const gateway of gateways) kept.push(await keptMiB(gateway));
  const [reads, writes] = [0, 1].map((way) => results.filter((_, index) => index % 2 === way));
  const growth = [reads, writes].map((all) => growthOf(all.map(({ cpuMs }) => cpuMs)));
  const head =
    'callers, CPU of a read, growth, calls, CPU of a mutation, growth, calls, kept memory, for each caller, resident';
  const rowOf = (size, index) => [
    size,
    inMs(reads[index].cpuMs),
    growth[0][index],
    inCalls(reads[index].calls),
    inMs(writes[index].cpuMs),
    growth[1][index],
    inCalls(writes[index].calls),
    inMiB(kept[index]),
    index ? inKiB((kept[index] - kept[0]) / size) : '–',
    inMiB(rssMiB(gateways[index].pid)),
  ];
  return {
    title: 'Callers',
    note: 'Workloads W1 and W7, by so many tokens in turn, each of which has come before: whatever is kept for a caller is there.',
    table: table(head.split(', '), SIZES.map(rowOf)),
  };
}
