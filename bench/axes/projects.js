/* Measures the cost per project of a list with the newest jobs of several projects. */
import { jobs, jobsByWallProject } from '../fixtures.js';
import { checkWorkload } from '../operations.js';
import { table } from '../report.js';
import { as, connectionOf } from '../workloads.js';
import { growthOf, inCalls, inMiB, inMs, inUs } from './figures.js';

const SIZES = [1, 5, 20, 50];
const ROWS = 20;
const numbers = [...jobsByWallProject.keys()];

/**
 * Returns a workload that reads the newest jobs of `size` projects. Each request has different
 * projects or, for a size of 50, the 50 projects in a different order.
 */
const wallOf = (size) => ({
  id: `${size} projects`,
  query: `query Wall($projects: [ID!]!) { jobs(projects: $projects, first: ${ROWS}) {
    nodes { databaseId name stage status duration webUrl } unread { code } } }`,
  count: numbers.length,
  at(index) {
    const projects = Array.from(
      { length: size },
      (_, at) => numbers[(index + at) % numbers.length],
    );
    const isOnWall = (_, at) => projects.includes(numbers[at % numbers.length]);
    const rows = jobs.filter(isOnWall).slice(0, ROWS);
    const list = connectionOf('Job', rows, { unread: [] });
    return { variables: { projects }, rest: [], answer: { jobs: as('MergedJobConnection', list) } };
  },
});

/** Runs the measurement on a test bed (../stage.js). Returns a section of the report. */
export async function measureProjects(testBed) {
  const gateway = { ...(await testBed.openGateway()), client: 'apollo' };
  const cases = [];
  for (const size of SIZES) {
    cases.push({ subject: gateway, operations: await checkWorkload(wallOf(size), gateway) });
  }
  await testBed.measure(cases[2], 3_000);
  const results = await testBed.compare(cases);
  const costs = results.map(({ cpuMs }, index) => cpuMs / SIZES[index]);
  const growth = growthOf(costs);
  const rows = results.map(({ cpuMs, calls, p50, peakMiB }, index) => [
    SIZES[index],
    inMs(cpuMs),
    inUs(costs[index]),
    growth[index],
    inCalls(calls),
    inMs(p50),
    inMiB(peakMiB),
  ]);
  const head = 'projects, CPU per operation, CPU per project, growth, calls, p50, peak memory';
  return {
    title: 'Projects on a wall',
    note: `The newest ${ROWS} jobs of all projects in one list (\`jobs(projects:)\`).`,
    table: table(head.split(', '), rows),
  };
}
