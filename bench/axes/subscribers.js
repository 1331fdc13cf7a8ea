/* How much a subscriber of a job costs, the more of them there are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { project, running } from '../fixtures.js';
import { keptMiB } from '../inspector.js';
import { ask, cpuMs, rssMiB, stop } from '../processes.js';
import { table } from '../report.js';
import { checkData } from '../stage.js';
import { growthOf, inCalls, inKiB, inMiB, inMs, inUs } from './figures.js';

const SIZES = [1, 10, 100, 1_000, 5_000];
/** Events that each subscriber gets while it is measured. */
const EVENTS = 4;
const WARM_UP_EVENTS = 1;

const id = Buffer.from(`Job:${project}:${running.id}`).toString('base64url');
const query = `subscription { jobUpdated(id: "${id}") { id name stage status coverage } }`;

/** Waits until all have got so many events more; what there were in all. */
async function eventsOf(watchers, more) {
  const { most } = await ask(watchers, {});
  for (;;) {
    await sleep(100);
    const seen = await ask(watchers, {});
    if (seen.least >= most + more) return seen;
  }
}

/** What so many subscribers cost a gateway of their own. */
async function measureSize(stage, size) {
  const gateway = await stage.openGateway({ inspect: true });
  const { pid, origin } = gateway;
  const requests = await checkData(gateway, '{ __typename }', { __typename: 'Query' });
  await stage.measure({ subject: gateway, requests }, 500);
  const keptBefore = await keptMiB(gateway);
  const watchers = stage.launch('./watchers.js');
  const subscribe = { origin, body: JSON.stringify({ query }), token: 'moving-0', count: size };
  const cpuBefore = cpuMs(pid);
  await ask(watchers, subscribe);
  const opened = cpuMs(pid);
  const first = await eventsOf(watchers, WARM_UP_EVENTS);
  const before = { cpu: cpuMs(pid), calls: await stage.calls() };
  const last = await eventsOf(watchers, EVENTS);
  const after = { cpu: cpuMs(pid), calls: await stage.calls() };
  const events = last.all - first.all;
  const rss = rssMiB(pid);
  const kept = (await keptMiB(gateway)) - keptBefore;
  await Promise.all([stop(watchers), stop(gateway.child)]);
  return {
    size,
    openingMs: (opened - cpuBefore) / size,
    eventMs: (after.cpu - before.cpu) / events,
    calls: (after.calls - before.calls) / (events / size),
    spreadMs: last.spreadMs,
    kept,
    rss,
  };
}

/** Measures it on a stage; gives a section of the report. */
export async function measureSubscribers(stage) {
  const results = [];
  for (const size of SIZES) results.push(await measureSize(stage, size));
  const growth = growthOf(results.map(({ eventMs }) => eventMs));
  const head =
    'subscribers, CPU to subscribe, CPU per event and subscriber, growth, calls per event, the last hears after the first, kept memory per subscriber, resident';
  const rowOf = ({ size, openingMs, eventMs, calls, spreadMs, kept, rss }, index) => [
    size,
    inMs(openingMs),
    inUs(eventMs),
    growth[index],
    inCalls(calls),
    inMs(spreadMs),
    size < 100 ? '–' : inKiB(kept / size),
    inMiB(rss),
  ];
  return {
    title: 'Subscribers of one job',
    note: 'Over SSE, with one token; the job changes at each read, every 1.2 s. With few of them an event costs its read, and what has not been compiled yet.',
    table: table(head.split(', '), results.map(rowOf)),
  };
}
