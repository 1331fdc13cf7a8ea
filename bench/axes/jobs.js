/* Measures the cost per job, for lists of different lengths. */
import { checkWorkload } from '../operations.js';
import { short, table } from '../report.js';
import { everyField } from '../shapes.js';
import { jobPages, learnCursors } from '../workloads.js';
import { growthOf, inCalls, inMiB, inMs, inUs } from './figures.js';

const SIZES = [1, 10, 100, 500];

/** Runs the measurement on a test bed (../stage.js). Returns a section of the report. */
export async function measureJobs(testBed) {
  const gateway = { ...(await testBed.openGateway()), client: 'apollo' };
  const proxy = await testBed.openProxy();
  const cursorOf = await learnCursors(gateway);
  const cases = [];
  for (const size of SIZES) {
    const list = { size, step: 40, nodes: everyField('Job') };
    const workload = { id: `${size} jobs`, ...jobPages(cursorOf, list), count: 50 };
    for (const subject of [gateway, proxy]) {
      cases.push({ subject, operations: await checkWorkload(workload, subject, 5) });
    }
  }
  await testBed.measure(cases[4], 3_000);
  const results = await testBed.compare(cases);
  const own = SIZES.map((_, index) => results[2 * index]);
  const growth = growthOf(own.map(({ cpuMs }, index) => cpuMs / SIZES[index]));
  const head =
    'jobs, CPU per operation, CPU per job, growth, × bare proxy, calls, p50, peak memory';
  const rowOf = ({ cpuMs, calls, p50, peakMiB }, index) => [
    SIZES[index],
    inMs(cpuMs),
    inUs(cpuMs / SIZES[index]),
    growth[index],
    short(cpuMs / results[2 * index + 1].cpuMs),
    inCalls(calls),
    inMs(p50),
    inMiB(peakMiB),
  ];
  return {
    title: 'Jobs in one list',
    note: 'All fields of each job. The bare proxy passes the same pages.',
    table: table(head.split(', '), own.map(rowOf)),
  };
}
