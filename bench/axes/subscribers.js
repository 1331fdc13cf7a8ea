/*
 * Measures the cost per subscriber, for different numbers of subscribers of one job or of one board (W11 in
 * docs/performance.md).
 */
import { liveBoard } from '../board-fixtures.js';
import { project, running } from '../fixtures.js';
import { keptMiB } from '../inspector.js';
import { checkWorkload } from '../operations.js';
import { ask, cpuMs, rssMiB, stop, waitForEvents } from '../processes.js';
import { unlessQuick } from '../quick.js';
import { short, table } from '../report.js';
import { clients } from '../requests.js';
import { createWorkloads } from '../workloads.js';
import { growthOf, inCalls, inKiB, inMiB, inMs, inUs } from './figures.js';

/** Minimum number of measured events per subscriber. At least `WARM_UP_EVENTS` come before and do not count. */
const EVENTS = unlessQuick(8, 1);
const WARM_UP_EVENTS = unlessQuick(4, 1);
const TOKEN = 'moving-0';

const globalId = (type, { id }) => Buffer.from(`${type}:${project}:${id}`).toString('base64url');

const job = {
  sizes: unlessQuick([1, 10, 100, 1_000, 5_000], [1, 10]),
  query: `subscription Job($id: ID!) { jobUpdated(id: $id) {
    id name stage status coverage } }`,
  variables: { id: globalId('Job', running) },
};
const board = {
  sizes: unlessQuick([1, 100, 1_000], [1, 10]),
  query: `subscription Board($id: ID!) { pipelineUpdated(id: $id) {
    pipeline { id active detailedStatus { group text action } board {
      jobCount statusCounts { status count }
      stages { name detailedStatus { group text } groups { name status } }
      timeline { elapsed running queued idle } } }
    changedJobs { id name status duration coverage detailedStatus { group text action } } } }`,
  variables: { id: globalId('Pipeline', liveBoard.pipeline) },
};

/**
 * Subscribes until two events have arrived. Returns the length of the second event's data in bytes. Throws if
 * an event has errors, or if the subscription ends earlier.
 */
async function checkEvents({ origin }, body) {
  const abort = new AbortController();
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: {
      'private-token': TOKEN,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body,
    signal: abort.signal,
  });
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.match(/^event: next\ndata: .*\n\n/gm) ?? [];
    if (events.length < 2) continue;
    abort.abort();
    const [, data] = events.map((event) => event.slice(event.indexOf('data: ') + 6));
    if (/"errors":/.test(text)) throw new Error(`an event has errors: ${text.slice(0, 500)}`);
    return Buffer.byteLength(data);
  }
  throw new Error(`a subscription ended: ${text.slice(0, 500)}`);
}

/** Measures `size` subscribers of a new gateway. Returns times in ms and memory in MiB. */
async function measureSize(testBed, { query, variables }, size) {
  const gateway = { ...(await testBed.openGateway({ inspect: true })), client: 'apollo' };
  const { pid, origin } = gateway;
  const [workload] = createWorkloads(() => '');
  const operations = await checkWorkload({ ...workload, count: 50 }, gateway, 5);
  await testBed.measure({ subject: gateway, operations }, 500);
  const { body } = clients.apollo(query, variables);
  const eventBytes = await checkEvents(gateway, body);
  const keptBefore = await keptMiB(gateway);
  const watchers = testBed.launch('./watchers.js');
  const cpuBefore = cpuMs(pid);
  await ask(watchers, { origin, body, token: TOKEN, count: size });
  const opened = cpuMs(pid);
  const first = await waitForEvents(watchers, WARM_UP_EVENTS);
  const before = { cpu: cpuMs(pid), calls: await testBed.calls() };
  const last = await waitForEvents(watchers, EVENTS);
  const after = { cpu: cpuMs(pid), calls: await testBed.calls() };
  const events = last.all - first.all;
  const rss = rssMiB(pid);
  const kept = (await keptMiB(gateway)) - keptBefore;
  await Promise.all([stop(watchers), stop(gateway.child)]);
  return {
    size,
    eventBytes,
    openingMs: (opened - cpuBefore) / size,
    eventMs: (after.cpu - before.cpu) / events,
    calls: (after.calls - before.calls) / (events / size),
    spreadMs: last.spreadMs,
    kept,
    rss,
  };
}

async function measureAll(testBed, subscription) {
  const results = [];
  for (const size of subscription.sizes) {
    results.push(await measureSize(testBed, subscription, size));
  }
  const growth = growthOf(results.map(({ eventMs }) => eventMs));
  const head =
    'subscribers, CPU to subscribe, CPU per event for all, CPU per event and subscriber, growth, bytes of an event, calls per event, time from the first to the last, kept memory per subscriber, resident';
  const rowOf = (result, index) => [
    result.size,
    inMs(result.openingMs),
    inMs(result.eventMs * result.size),
    inUs(result.eventMs),
    growth[index],
    result.eventBytes,
    inCalls(result.calls),
    inMs(result.spreadMs),
    result.size < 100 ? '–' : inKiB(result.kept / result.size),
    inMiB(result.rss),
  ];
  return { results, table: table(head.split(', '), results.map(rowOf)) };
}

/** Runs the measurement on a test bed (../stage.js). Returns a section of the report. */
export async function measureSubscribers(testBed) {
  return {
    title: 'Subscribers of one job',
    note: 'Over SSE, with one token; the job changes at each read, every 1.2 s. With few of them an event costs its read, and what has not been compiled yet.',
    table: (await measureAll(testBed, job)).table,
  };
}

/** Measures W11, a live board, on a test bed (../stage.js). Returns a section of the report. */
export async function measureLiveBoard(testBed) {
  const { results, table } = await measureAll(testBed, board);
  const [least, most] = [results[0], results.at(-1)];
  const added = (most.eventMs * most.size - least.eventMs * least.size) / (most.size - least.size);
  return {
    title: 'W11 Subscribers of a live board',
    note: `Over SSE, with one token; one of 200 jobs changes at each read. Goal for 1,000: at most 20 µs per event and subscriber. Each subscriber after the first costs ${short(added * 1_000)} µs per event.`,
    table,
  };
}
