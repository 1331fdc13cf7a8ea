import type { Census } from './inspector.ts';

/** The resources of the process at rest, without load. */
export interface State extends Census {
  rssBytes: number;
  openFiles: number;
  running: number;
  live: number;
}

type Look = 'started' | 'filled' | 'first' | 'half' | 'last';

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
const MEBIBYTE = 1024 * 1024;

/**
 * The measured resources. A resource counts as grown if its last value exceeds its value after the
 * first minute of load by more than `slack`.
 */
const rows: readonly [
  name: string,
  key: keyof State,
  show: (n: number) => string,
  slack: number,
][] = [
  ['heap in use, but for compiled code', 'heapBytes', mebibytes, 3 * MEBIBYTE],
  ['compiled code', 'codeBytes', mebibytes, 5 * MEBIBYTE],
  ['objects', 'objects', String, 20_000],
  ['buffers outside the heap', 'externalBytes', mebibytes, 3 * MEBIBYTE],
  // The allocator returns memory to the system at its own time. Memory that it keeps after a peak
  // of the load is not a leak.
  ['resident memory', 'rssBytes', mebibytes, 50 * MEBIBYTE],
  ['open files', 'openFiles', String, 2],
  ['sockets', 'sockets', String, 2],
  ['timers', 'timers', String, 2],
  ['listeners on event emitters', 'listeners', String, 20],
  ['abort signals', 'abortSignals', String, 20],
  ['operations running', 'running', String, 0],
  ['live subscriptions', 'live', String, 0],
];

/**
 * Returns a table for the documentation, and the names of the resources that have grown since the
 * first minute of load.
 */
export function compare(states: Readonly<Record<Look, State>>): {
  markdown: string;
  grown: readonly string[];
} {
  const { started, filled, first, half, last } = states;
  const lines = rows.map(([name, key, show]) => {
    const cells = [started, filled, first, half, last].map((state) => show(state[key]));
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const grown = rows.filter(([, key, , slack]) => !(last[key] <= first[key] + slack));
  return {
    markdown: [
      '| at rest | before any load | with everything bounded full | after 1 minute | after half | at the end |',
      '|---|---|---|---|---|---|',
      ...lines,
    ].join('\n'),
    grown: grown.map(([name]) => name),
  };
}
