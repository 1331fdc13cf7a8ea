/* Measures the cost per megabyte of a log, for logs of different lengths. */
import { deepStrictEqual } from 'node:assert';
import { jobsByLogLength, logOf, project } from '../fixtures.js';
import { checkWorkload } from '../operations.js';
import { unlessQuick } from '../quick.js';
import { short, table } from '../report.js';
import { recordLengths } from '../stage.js';
import { as, jobVariables } from '../workloads.js';
import { growthOf, inCalls, inMiB, inMs } from './figures.js';

const LAST = 100;
const ESCAPE = String.fromCharCode(27);
const escapes = new RegExp(`section_start:[^\\r]*\\r|${ESCAPE}\\[[\\d;]*[mK]`, 'g');

const query = `query Log($project: ID!, $id: ID!) { job(project: $project, id: $id) {
  trace { byteSize lines(last: ${LAST}) { nodes { number text } } } } }`;

/** Returns the expected data for a log of `bytes` bytes: its last lines, without escapes and section marks. */
function expectedFor(bytes) {
  const log = logOf(bytes);
  const lines = log.toString().split('\n').slice(0, -1);
  const first = Math.max(0, lines.length - LAST);
  const nodes = lines.slice(first).map((line, index) => ({
    type: 'TraceLine',
    number: first + index + 1,
    text: line.replaceAll(escapes, ''),
  }));
  const trace = { byteSize: log.length, lines: as('TraceLineConnection', { nodes }) };
  return { job: as('Job', { trace: as('JobTrace', trace) }) };
}

const rawPath = ({ id }) => `/jobs/${project}/${id}/trace`;
const restPath = ({ id }) => `/api/v4/projects/${project}/jobs/${id}/trace`;

/** The measured requests: the last lines by GraphQL, the raw log, and the raw log through the bare proxy. */
const WAYS = [`last ${LAST} lines`, 'raw', 'bare proxy'];

async function casesFor([bytes, job], { gateway, proxy }) {
  const whole = (body) => deepStrictEqual(body, logOf(bytes));
  const get = (subject, path) => recordLengths(subject, [{ method: 'GET', path }], whole);
  const at = () => ({ variables: jobVariables(job), answer: expectedFor(bytes) });
  const workload = { id: `a log of ${bytes} bytes`, query, count: 1, at };
  const lines = await checkWorkload(workload, { ...gateway, client: 'apollo' });
  return [
    { subject: gateway, operations: lines },
    { subject: gateway, requests: await get(gateway, rawPath(job)) },
    { subject: proxy, requests: await get(proxy, restPath(job)) },
  ].map((one) => ({ ...one, concurrency: 1 }));
}

/** Runs the measurement on a test bed (../stage.js). Returns a section of the report. */
export async function measureLogs(testBed) {
  const sizes = [...jobsByLogLength].slice(0, unlessQuick(undefined, 3));
  const proxy = await testBed.openProxy();
  const cases = [];
  for (const size of sizes) {
    const gateway = await testBed.openGateway();
    cases.push(...(await casesFor(size, { gateway, proxy })));
  }
  const results = await testBed.compare(cases, { warmUpMs: 800, rounds: 3, roundMs: 600 });
  return {
    title: 'Length of a log',
    note: 'One caller at a time; a gateway of its own for each length, whose peak memory is all it takes.',
    table: tableOf(sizes, results),
  };
}

function tableOf(sizes, results) {
  const resultsOf = (way) => results.filter((_, index) => index % WAYS.length === way);
  const proxy = resultsOf(WAYS.indexOf('bare proxy'));
  const rows = WAYS.slice(0, 2).flatMap((title, way) => {
    const own = resultsOf(way);
    const perMB = own.map(({ cpuMs }, index) => cpuMs / (sizes[index][0] / 1e6));
    const growth = growthOf(perMB);
    return own.map(({ cpuMs, calls, p50, peakMiB }, index) => [
      `${sizes[index][0] / 1e6} MB`,
      title,
      inMs(cpuMs),
      inMs(perMB[index]),
      growth[index],
      short(cpuMs / proxy[index].cpuMs),
      inCalls(calls),
      inMs(p50),
      inMiB(peakMiB),
    ]);
  });
  const head = 'log, read as, CPU, CPU per MB, growth, × bare proxy, calls, p50, peak memory';
  return table(head.split(', '), rows);
}
