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
  description: 'The format of a log.',
  values: {
    RAW: {
      description:
        'As GitLab sent it, with escape sequences and section marks. Invalid UTF-8 becomes �.',
    },
    PLAIN: { description: 'Text without colors, section marks and timestamps.' },
    HTML: {
      description:
        'Escaped text in spans with class names, for a `pre` element. The style sheet is at /trace.css.',
    },
  },
});

const TraceStream = builder.enumType('TraceStream', {
  description: 'The output stream of a line.',
  values: {
    STDOUT: { description: 'Standard output.' },
    STDERR: { description: 'Standard error.' },
  },
});

const TraceLine = builder.objectRef<ParsedLine>('TraceLine').implement({
  description: 'A visible line of a log.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      nullable: false,
      description:
        'The number of the line, starting with 1 at the beginning of the whole log, as in GitLab’s viewer.',
    }),
    text: t.exposeString('text', {
      nullable: false,
      description: 'The text without colors and marks.',
    }),
    html: t.exposeString('html', {
      nullable: false,
      description:
        'The line as HTML: escaped text in spans with class names. The style sheet is at /trace.css.',
    }),
    timestamp: t.field({
      type: 'DateTime',
      description:
        'When the line was printed. Null if the runner did not record it (by default before Runner 18.7).',
      resolve: ({ timestamp }) => timestamp,
    }),
    stream: t.field({
      type: TraceStream,
      description: 'The output stream. Null if `timestamp` is.',
      resolve: ({ stream }) => stream,
    }),
    section: t.exposeString('section', {
      description: 'The name of the innermost section that contains the line, or null.',
    }),
  }),
});

const TraceSection = builder.objectRef<ParsedSection>('TraceSection').implement({
  description: 'A collapsible part of a log, such as "step_script".',
  fields: (t) => ({
    name: t.exposeString('name', {
      nullable: false,
      description: 'The name, for `lines(section:)`. A log may have several sections of one name.',
    }),
    header: t.exposeString('header', {
      description: 'The text of the first line, without colors.',
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When it started.',
      resolve: (row) => row.startedAt,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      description: 'When it ended. Null if it is not closed.',
      resolve: (row) => row.finishedAt,
    }),
    duration: t.exposeFloat('duration', {
      description: 'Duration in seconds. Null while it is open.',
    }),
    collapsed: t.exposeBoolean('collapsed', {
      nullable: false,
      description: 'Whether the job requests that viewers show it collapsed.',
    }),
    firstLine: t.exposeInt('firstLine', {
      nullable: false,
      description: 'The number of the first line, which is the header.',
    }),
    lastLine: t.exposeInt('lastLine', {
      description:
        'The number of the last line, or of the last line so far. Null if it has no lines.',
    }),
  }),
});

const TraceLineConnection = connectionType('TraceLine', TraceLine, {
  description: 'A page of lines of a log.',
  total: {
    nullable: false,
    description:
      'The number of lines of the log or of the named section. Of a truncated log, only kept lines count.',
  },
});

/** The maximum page of lines, which cost no calls. */
const MAX_LINES = 5_000;

/** Counts log output of the response. Throws OPERATION_TOO_COMPLEX above the limit per operation. */
function countOutput(
  part: Parameters<OperationLogs['recordOutput']>[0],
  logs: OperationLogs,
): void {
  if (logs.recordOutput(part)) return;
  const advice = 'Request fewer logs, or fewer `lines` or `lastLines` of them.';
  throw new GraphQLError(`The response would contain too much log output. ${advice}`, {
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
  countOutput({ rows: Math.max(0, to - from) }, logs);
  const edges = list.slice(from, to).map((node) => ({
    node,
    cursor: () => toCursor(digest, { id: String(node.number) }),
  }));
  countOutput({ characters: edges.reduce((sum, { node }) => sum + node.text.length, 0) }, logs);
  return {
    edges,
    hasPreviousPage: from > 0,
    hasNextPage: to < list.length,
    totalCount: list.length,
  };
}

/** Returns a log, or its last lines, as string parts. */
async function textOf(
  { log }: TraceRow,
  format: 'RAW' | 'PLAIN' | 'HTML',
  lastLines: number | undefined,
): Promise<Iterable<string>> {
  if (format === 'RAW') return log.raw(lastLines);
  const { lines } = await log.parsed();
  return format === 'PLAIN' ? lines.plain(lastLines) : lines.html(lastLines);
}

JobTrace.implement({
  description:
    'The log of a job, as far as GitLab has received it. Empty if there is none or it was erased.',
  fields: (t) => ({
    byteSize: t.field({
      type: 'BigInt',
      nullable: false,
      description: 'The size of the whole log in bytes.',
      resolve: ({ log }) => log.byteSize,
    }),
    truncated: t.boolean({
      nullable: false,
      description:
        'Whether the log is longer than the gateway keeps (MAX_TRACE_BYTES, less if many logs are read at once). Then only the end of the log is available.',
      resolve: ({ log }) => log.truncated,
    }),
    text: t.string({
      nullable: false,
      description: 'The log as one string.',
      args: {
        format: t.arg({
          type: TraceFormat,
          required: true,
          defaultValue: 'PLAIN',
          description: 'The format.',
        }),
        lastLines: t.arg.int({
          description: 'Only this number of lines from the end, at least 1.',
        }),
      },
      resolve: async (row, { format, lastLines }, { logs, streamedStrings }) => {
        if (lastLines != null && lastLines < 1)
          throw badUserInput('`lastLines` must be at least 1.');
        const pieces = await textOf(row, format, lastLines ?? undefined);
        const text: string | StreamedString = streamedStrings?.add(pieces) ?? [...pieces].join('');
        const isStreamed = streamedStrings?.isPlaceholder(text);
        countOutput({ characters: isStreamed ? row.log.keptBytes : text.length }, logs);
        return text;
      },
    }),
    lines: t.field({
      type: TraceLineConnection,
      nullable: false,
      description:
        'The lines of the log. Use `last` for the end of the log, and `section` for a part of it.',
      args: {
        ...pageArguments(t.arg, MAX_LINES),
        section: t.arg.string({
          description: 'Only lines of the sections with this name, including nested sections.',
        }),
      },
      resolve: async ({ log, ref }, { section, ...args }, { logs }) => {
        const parsed = await log.parsed();
        const list = section == null ? parsed.lines : parsed.linesOf(section);
        return toConnection(list, args, { name: ['lines', ref.id, section ?? null], logs });
      },
    }),
    sections: t.field({
      type: [TraceSection],
      nullable: false,
      description: 'The sections in the order of their start; nested sections follow their parent.',
      resolve: async ({ log }, _args, { logs }) => {
        const { sections } = await log.parsed();
        countOutput({ rows: sections.length }, logs);
        return [...sections];
      },
    }),
  }),
});
