/* How much a job costs, the more of them stand in one list. */
import { expectedData } from '../expected.js';
import { jobs, project } from '../fixtures.js';
import { short, table } from '../report.js';
import { everyField } from '../shapes.js';
import { check, checkData } from '../stage.js';
import { growthOf, inCalls, inMiB, inMs, inUs } from './figures.js';

const SIZES = [1, 10, 100, 500];
const PAGE = 100;
const rows = jobs;

const queryFor = (count) =>
  `{ project(fullPath: "${project}") { jobs(first: ${count}) { nodes ${everyField('Job')} } } }`;

/** What a REST client asks for instead. */
function pagesFor(count) {
  const path = `/api/v4/projects/${project}/jobs?pagination=keyset&order_by=id&sort=desc`;
  const starts = Array.from({ length: Math.ceil(count / PAGE) }, (_, page) => page * PAGE);
  return starts.map((start) => {
    const key = JSON.stringify({ id: String(rows[start - 1]?.id), _kd: 'n' });
    const cursor = start ? `&cursor=${Buffer.from(key).toString('base64url')}` : '';
    return { method: 'GET', path: `${path}&per_page=${Math.min(PAGE, count - start)}${cursor}` };
  });
}

function expectedFor(count) {
  const nodes = rows.slice(0, count).map((row) => ({ ...row, type: 'Job' }));
  return expectedData(queryFor(count), { project: { jobs: { nodes } } });
}

/** Measures it on a stage; gives a section of the report. */
export async function measureJobs(stage) {
  const [gateway, proxy] = [await stage.openGateway(), await stage.openProxy()];
  const cases = [];
  for (const size of SIZES) {
    const requests = await checkData(gateway, queryFor(size), expectedFor(size));
    cases.push({ subject: gateway, requests });
    cases.push({ subject: proxy, requests: await check(proxy, pagesFor(size)) });
  }
  await stage.measure({ subject: gateway, requests: cases[4].requests }, 3_000);
  const results = await stage.compare(cases);
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
