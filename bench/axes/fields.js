/* Measures the cost per field, for different numbers of fields that are selected on each job of a list. */
import { checkWorkload } from '../operations.js';
import { table } from '../report.js';
import { named, shapes } from '../shapes.js';
import { jobPages, learnCursors } from '../workloads.js';
import { growthOf, inCalls, inMs, inUs } from './figures.js';

const JOBS = 100;

/** Returns the paths of all scalar fields of a type and of its nested objects. */
function leavesOf(type) {
  return Object.entries(shapes[type]).flatMap(([field, of]) =>
    shapes[named(of)] ? leavesOf(named(of)).map((path) => [field, ...path]) : [[field]],
  );
}

const leaves = leavesOf('Job');
const SIZES = [1, 10, 30, leaves.length];

function selectionOf(paths) {
  const fields = new Map();
  for (const [field, ...path] of paths) {
    fields.set(field, [...(fields.get(field) ?? []), ...(path.length > 0 ? [path] : [])]);
  }
  const selected = [...fields].map(([field, below]) =>
    below.length > 0 ? `${field} ${selectionOf(below)}` : field,
  );
  return `{ ${selected.join(' ')} }`;
}

/** Runs the measurement on a test bed (../stage.js). Returns a section of the report. */
export async function measureFields(testBed) {
  const gateway = { ...(await testBed.openGateway()), client: 'apollo' };
  const cursorOf = await learnCursors(gateway);
  const cases = [];
  for (const size of SIZES) {
    const list = { size: JOBS, step: 40, nodes: selectionOf(leaves.slice(0, size)) };
    const workload = { id: `${size} fields`, ...jobPages(cursorOf, list), count: 50 };
    cases.push({ subject: gateway, operations: await checkWorkload(workload, gateway, 5) });
  }
  await testBed.measure(cases[2], 3_000);
  const results = await testBed.compare(cases);
  const costs = results.map(({ cpuMs }, index) => cpuMs / JOBS / SIZES[index]);
  const growth = growthOf(costs);
  const rows = results.map(({ cpuMs, calls, p50 }, index) => [
    SIZES[index],
    inMs(cpuMs),
    inUs(costs[index]),
    growth[index],
    inCalls(calls),
    inMs(p50),
  ]);
  const head = 'fields, CPU per operation, CPU per field of a job, growth, calls, p50';
  return {
    title: 'Fields of each job',
    note: `${JOBS} jobs in one list. Counted are fields without further fields. With few of them an operation costs the reading of the list.`,
    table: table(head.split(', '), rows),
  };
}
