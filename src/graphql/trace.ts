import { GraphQLError } from 'graphql';
import type { StreamedString } from '../context/streamed-strings.ts';
import type { OperationLogs } from '../trace/log-budget.ts';
import type { LineList, ParsedLine, ParsedSection } from '../trace/parsed-trace.ts';
import { builder } from './builder.ts';
import { badUserInput } from './client-errors.ts';
import {
  type Connection,
  type ConnectionArgs,
  connectionType,
  pageArguments,
  parsePageArgs,
} from './connection.ts';
import { listDigest, parseCursor, toCursor } from './cursor.ts';
import { JobTrace, type TraceRow } from './refs.ts';

const TraceFormat = builder.enumType('TraceFormat', {
  description: 'How a log is written down.',
  values: {
    RAW: {
      description:
        'As GitLab sent it: escape sequences, section marks and all. Bytes that are no UTF-8 become �.',
    },
    PLAIN: { description: 'Text only: no colours, no section marks, no time stamps.' },
    HTML: {
      description:
        'Text in spans with class names, safe whatever the job printed; for a `pre`. The style sheet is at /trace.css.',
    },
  },
});

const TraceStream = builder.enumType('TraceStream', {
  description: 'Which stream of the job a line came from.',
  values: {
    STDOUT: { description: 'Standard output.' },
    STDERR: { description: 'Standard error.' },
  },
});

const TraceLine = builder.objectRef<ParsedLine>('TraceLine').implement({
  description: 'One visible line of a log.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      nullable: false,
      description:
        'From 1, counted from the true beginning of the log, as GitLab’s own viewer counts.',
    }),
    text: t.exposeString('text', {
      nullable: false,
      description: 'The line without colours and marks.',
    }),
    html: t.exposeString('html', {
      nullable: false,
      description:
        'The line as safe HTML: text in spans with class names. The style sheet is at /trace.css.',
    }),
    timestamp: t.field({
      type: 'DateTime',
      description:
        'When it was printed. Null where the runner did not write it down (before Runner 18.7, by default).',
      resolve: ({ timestamp }) => timestamp,
    }),
    stream: t.field({
      type: TraceStream,
      description: 'Which stream it came from. Null where `timestamp` is.',
      resolve: ({ stream }) => stream,
    }),
    section: t.exposeString('section', {
      description: 'The name of the innermost section it is in. Null outside of all.',
    }),
  }),
});

const TraceSection = builder.objectRef<ParsedSection>('TraceSection').implement({
  description: 'A part of a log that a viewer can fold, such as "step_script".',
  fields: (t) => ({
    name: t.exposeString('name', {
      nullable: false,
      description: 'Its name, for `lines(section:)`. A log may have several of one name.',
    }),
    header: t.exposeString('header', {
      description: 'The text of its first line, without colours.',
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When it began.',
      resolve: (row) => row.startedAt,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      description: 'When it ended. Null while it is open, and when it was never closed.',
      resolve: (row) => row.finishedAt,
    }),
    duration: t.exposeFloat('duration', { description: 'Seconds it took. Null while it is open.' }),
    collapsed: t.exposeBoolean('collapsed', {
      nullable: false,
      description: 'Whether the job asks viewers to show it folded.',
    }),
    firstLine: t.exposeInt('firstLine', {
      nullable: false,
      description: 'The number of its first line, which is its header.',
    }),
    lastLine: t.exposeInt('lastLine', {
      description:
        'The number of its last line; the last so far while it is open. Null when it has none.',
    }),
  }),
});

const TraceLineConnection = connectionType('TraceLine', TraceLine, {
  description: 'Some lines of a log.',
  total: {
    nullable: false,
    description:
      'How many lines there are, in the section if one is named; of a truncated log, those that are kept.',
  },
});

/** The most lines at once: they cost no call each, so more than of jobs. */
const MAX_LINES = 5_000;

/** Takes note of a part of the answer. Refuses what would keep a process from everybody else's. */
function tell(part: Parameters<OperationLogs['recordOutput']>[0], logs: OperationLogs): void {
  if (logs.recordOutput(part)) return;
  const advice = 'Ask for fewer logs, or for fewer `lines` or `lastLines` of them.';
  throw new GraphQLError(`The answer would hold too much of logs. ${advice}`, {
    extensions: { code: 'OPERATION_TOO_COMPLEX', limit: 'traces' },
  });
}

function toConnection(
  list: LineList,
  args: ConnectionArgs,
  { name, logs }: { name: readonly unknown[]; logs: OperationLogs },
): Connection<ParsedLine> {
  const { forward, count, cursor } = parsePageArgs(args, MAX_LINES);
  const digest = listDigest(...name);
  const anchor = cursor && Number(parseCursor(digest, cursor, forward ? 'after' : 'before').id);
  const start = forward && anchor ? list.countTo(anchor) : 0;
  const end = !forward && anchor ? list.countTo(anchor - 1) : list.length;
  const from = forward ? start : Math.max(0, end - count);
  const to = forward ? Math.min(list.length, start + count) : end;
  tell({ rows: Math.max(0, to - from) }, logs);
  const edges = list.slice(from, to).map((node) => ({
    node,
    cursor: () => toCursor(digest, { id: String(node.number) }),
  }));
  tell({ characters: edges.reduce((sum, { node }) => sum + node.text.length, 0) }, logs);
  return {
    edges,
    hasPreviousPage: from > 0,
    hasNextPage: to < list.length,
    totalCount: list.length,
  };
}

/** A log as text, in pieces: all of it, or its last lines. */
function textOf(
  { log }: TraceRow,
  format: 'RAW' | 'PLAIN' | 'HTML',
  lastLines: number | undefined,
): Iterable<string> {
  if (format === 'RAW') return log.raw(lastLines);
  const { lines } = log.parsed;
  return format === 'PLAIN' ? lines.plain(lastLines) : lines.html(lastLines);
}

JobTrace.implement({
  description:
    'The log of a job, as far as it has arrived at GitLab. Empty when there is none, or it was erased.',
  fields: (t) => ({
    byteSize: t.field({
      type: 'BigInt',
      nullable: false,
      description: 'The length of the whole log in bytes.',
      resolve: ({ log }) => log.byteSize,
    }),
    truncated: t.boolean({
      nullable: false,
      description:
        'Whether the log is longer than the gateway keeps (MAX_TRACE_BYTES, less where many are read at once): then its end is here, where failures are.',
      resolve: ({ log }) => log.truncated,
    }),
    text: t.string({
      nullable: false,
      description: 'The log in one piece.',
      args: {
        format: t.arg({
          type: TraceFormat,
          required: true,
          defaultValue: 'PLAIN',
          description: 'How to write it down.',
        }),
        lastLines: t.arg.int({ description: 'Only so many lines from the end, at least 1.' }),
      },
      resolve: (row, { format, lastLines }, { logs, streamedStrings }) => {
        if (lastLines != null && lastLines < 1)
          throw badUserInput('`lastLines` must be at least 1.');
        const pieces = textOf(row, format, lastLines ?? undefined);
        const text: string | StreamedString = streamedStrings?.add(pieces) ?? [...pieces].join('');
        const isStreamed = streamedStrings?.isPlaceholder(text);
        tell({ characters: isStreamed ? row.log.keptBytes : text.length }, logs);
        return text;
      },
    }),
    lines: t.field({
      type: TraceLineConnection,
      nullable: false,
      description: 'The log line by line. Use `last` for its end, and `section` for a part of it.',
      args: {
        ...pageArguments(t.arg, MAX_LINES),
        section: t.arg.string({
          description: 'Only lines of the sections of this name, those nested in them included.',
        }),
      },
      resolve: ({ log, ref }, { section, ...args }, { logs }) => {
        const list = section == null ? log.parsed.lines : log.parsed.linesOf(section);
        return toConnection(list, args, { name: ['lines', ref.id, section ?? null], logs });
      },
    }),
    sections: t.field({
      type: [TraceSection],
      nullable: false,
      description: 'Its sections in the order they began, nested ones after those they are in.',
      resolve: ({ log }, _args, { logs }) => {
        const { sections } = log.parsed;
        tell({ rows: sections.length }, logs);
        return [...sections];
      },
    }),
  }),
});
