/*
 * What the gateway adds to GitLab's own latency: requests that come at a constant rate, whether or not
 * those before them are answered, to GitLab itself, through the bare proxy, and through the gateway.
 */
import { checkWorkload } from './operations.js';
import { table, writeReport } from './report.js';
import { openStage } from './stage.js';
import { createWorkloads, learnCursors } from './workloads.js';

const LATENCY_MS = 100;
const RATE = 100;
/** How long each is driven as fast as it can before, so that what is compiled on the way has been. */
const WARM_UP_MS = 3_000;
const ROUNDS = 4;
const ROUND_MS = 5_000;

const CHOSEN = ['W1', 'W2'];
const ms = (value) => `${value.toFixed(1)} ms`;

async function compare(stage, { gitlab, proxy, gateway }, workload) {
  const { id, title } = workload;
  const cases = [
    { subject: gitlab, operations: await checkWorkload(workload, gitlab) },
    { subject: proxy, operations: await checkWorkload(workload, proxy) },
    { subject: gateway, operations: await checkWorkload(workload, gateway) },
  ];
  for (const one of cases) await stage.measure({ ...one, concurrency: 20 }, WARM_UP_MS);
  const [alone, passed, ours] = await stage.compare(
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

const stage = await openStage({ env: { LATENCY_MS: String(LATENCY_MS) } });
try {
  const subjects = {
    gitlab: stage.gitlab,
    proxy: await stage.openProxy(),
    gateway: { ...(await stage.openGateway()), client: 'apollo' },
  };
  const workloads = createWorkloads(await learnCursors(subjects.gateway));
  const chosen = workloads.filter(({ id }) => CHOSEN.includes(id));
  const rows = [];
  for (const workload of chosen) rows.push(await compare(stage, subjects, workload));
  const head =
    'work; GitLab alone; bare proxy; our gateway; added to GitLab alone; added to the proxy; operations';
  const text = `
${RATE} requests/s, GitLab takes ${LATENCY_MS} ms; ${ROUNDS} rounds of ${ROUND_MS / 1000} s, taken in turns.
Each cell is the median, then p99. Goal: 3 ms more at the median.
${stage.disturbance()}

${table(head.split('; '), rows)}
`;
  console.log(text);
  writeReport('latency-', 'Latency', text);
} finally {
  await stage.close();
}
