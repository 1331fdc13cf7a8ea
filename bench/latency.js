/*
 * Measures the latency that the gateway adds to the latency of GitLab. Sends requests to the fake
 * GitLab, to the bare proxy, and to the gateway. Sends them at a constant rate, even if earlier
 * requests are not yet answered.
 */
import { checkWorkload } from './operations.js';
import { table, writeReport } from './report.js';
import { openTestBed } from './stage.js';
import { createWorkloads, learnCursors } from './workloads.js';

const LATENCY_MS = 100;
const RATE = 100;
/** Duration in ms of full load on each subject before the measurement, so that V8 compiles its code first. */
const WARM_UP_MS = 3_000;
const ROUNDS = 4;
const ROUND_MS = 5_000;

const CHOSEN = ['W1', 'W2'];
const ms = (value) => `${value.toFixed(1)} ms`;

async function compare(testBed, { gitlab, proxy, gateway }, workload) {
  const { id, title } = workload;
  const cases = [
    { subject: gitlab, operations: await checkWorkload(workload, gitlab) },
    { subject: proxy, operations: await checkWorkload(workload, proxy) },
    { subject: gateway, operations: await checkWorkload(workload, gateway) },
  ];
  for (const one of cases) await testBed.measure({ ...one, concurrency: 20 }, WARM_UP_MS);
  const [alone, passed, ours] = await testBed.compare(
    cases.map((one) => ({ ...one, rate: RATE })),
    { warmUpMs: 500, rounds: ROUNDS, roundMs: ROUND_MS },
  );
  return [
    `${id} ${title}`,
    ...[alone, passed, ours].map(({ p50, p99 }) => `${ms(p50)}, ${ms(p99)}`),
    ...[alone, passed].map((one) => `${ms(ours.p50 - one.p50)}, ${ms(ours.p99 - one.p99)}`),
    ours.operations,
  ];
}

const testBed = await openTestBed({ env: { LATENCY_MS: String(LATENCY_MS) } });
try {
  const subjects = {
    gitlab: testBed.gitlab,
    proxy: await testBed.openProxy(),
    gateway: { ...(await testBed.openGateway()), client: 'apollo' },
  };
  const workloads = createWorkloads(await learnCursors(subjects.gateway));
  const chosen = workloads.filter(({ id }) => CHOSEN.includes(id));
  const rows = [];
  for (const workload of chosen) rows.push(await compare(testBed, subjects, workload));
  const head =
    'work; GitLab alone; bare proxy; our gateway; added to GitLab alone; added to the proxy; operations';
  const text = `
${RATE} requests/s, GitLab takes ${LATENCY_MS} ms; ${ROUNDS} rounds of ${ROUND_MS / 1000} s, taken in turns.
Each cell is the median, then p99. Goal: 3 ms more at the median.
${testBed.disturbance()}

${table(head.split('; '), rows)}
`;
  console.log(text);
  writeReport('latency-', 'Latency', text);
} finally {
  await testBed.close();
}
