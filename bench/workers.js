/*
 * Measures how much a second worker helps. On a machine with two cores, the driver and the fake
 * GitLab take CPU time from the two workers. Therefore only workloads are measured in which the
 * gateway does most of the work. There are two results: the measured ratio of operations per
 * second, and an estimate of this ratio if each worker had a core of its own. The estimate assumes
 * that the busier worker limits the throughput.
 */
import { availableParallelism } from 'node:os';
import { checkWorkload } from './operations.js';
import { cores } from './processes.js';
import { short, table, writeReport } from './report.js';
import { openTestBed } from './stage.js';
import { createWorkloads, learnCursors } from './workloads.js';

const CHOSEN = ['W1', 'W3', 'W8'];
const everyCore = Object.values(cores).join(',');

async function compare(testBed, [one, two], workload) {
  const { id, title } = workload;
  const caseOf = async (subject) => ({
    subject,
    operations: await checkWorkload(workload, { ...subject, client: 'apollo' }),
    concurrency: 16,
  });
  const [alone, both] = await testBed.compare([await caseOf(one), await caseOf(two)], {
    warmUpMs: 4_000,
    rounds: 7,
    roundMs: 2_000,
  });
  const loadPart = both.loadMs / (both.loadMs + both.cpuMs);
  const ofTheirOwn = alone.cpuMs / both.cpuMs / both.busiestPart;
  return [
    `${id} ${title}`,
    `${short(alone.perSecond)}/s`,
    `${short(both.perSecond)}/s`,
    `**${short(both.perSecond / alone.perSecond)}**`,
    `${short(alone.cpuMs)} ms`,
    `${short(both.cpuMs)} ms`,
    `${(100 * loadPart).toFixed(0)} %`,
    `${(100 * both.busiestPart).toFixed(0)} %`,
    short(ofTheirOwn),
  ];
}

const testBed = await openTestBed({ core: everyCore });
try {
  const open = (count) => testBed.openGateway({ env: { WORKERS: String(count) }, core: everyCore });
  const subjects = [await open(1), await open(2)];
  const workloads = createWorkloads(await learnCursors(subjects[0]));
  const chosen = workloads.filter(({ id }) => CHOSEN.includes(id));
  const rows = [];
  for (const workload of chosen) rows.push(await compare(testBed, subjects, workload));
  const head =
    'work; WORKERS=1; WORKERS=2; times; CPU of one; CPU of two; part of the load in all CPU; part of the busier worker; times on cores of their own';
  const text = `
All on the same ${availableParallelism()} cores, 16 callers at once; rounds of 2 s, taken in turns. Goal: 1.7 times.
${testBed.disturbance()}

${table(head.split('; '), rows)}
`;
  console.log(text);
  writeReport('workers-', 'Workers', text);
} finally {
  await testBed.close();
}
