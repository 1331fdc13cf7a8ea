import type { FieldRef } from '@pothos/core';
import { GraphQLError } from 'graphql';
import type { StreamedString, StringPiece } from '../context/streamed-strings.ts';
import type { OperationLogs } from '../trace/log-budget.ts';
import type { LineList, ParsedLine, ParsedSection, SectionPage } from '../trace/parsed-trace.ts';
import {
  type Excerpt,
  type SearchRequest,
  type SearchResult,
  searchLines,
} from '../trace/search.ts';
import { pauseIfSliceIsOver } from '../util/event-loop.ts';
import { builder, type Types } from './builder.ts';
import { badUserInput, checkRange } from './client-errors.ts';
import {
  type Connection,
  type ConnectionArgs,
  connectionType,
  pageArguments,
  parsePageArgs,
} from './connection.ts';
import { listDigest, parseCursor, toCursor } from './cursor.ts';
import { JobTrace, type TraceRow } from './refs.ts';
import type { SelectedBelow } from './selection.ts';

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

/** Defines the fields `text` and `html` of a log line. */
export const textFields = (
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, { text: string; html: string }>,
): Record<'text' | 'html', FieldRef<Types, string, 'Object'>> => ({
  text: t.exposeString('text', {
    nullable: false,
    description: 'The text without colors and marks.',
  }),
  html: t.exposeString('html', {
    nullable: false,
    description:
      'The line as HTML: escaped text in spans with class names. The style sheet is at /trace.css.',
  }),
});

export const TraceLine = builder.objectRef<ParsedLine>('TraceLine').implement({
  description: 'A visible line of a log.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      nullable: false,
      description:
        'Counts all lines of the log, including empty ones, from 1 at the beginning of the whole log. `firstLine` and `lastLine` of sections count like this. GitLab’s page counts differently: see `anchor`.',
    }),
    anchor: t.exposeInt('anchor', {
      description:
        'The number of the line on GitLab’s page of the job, for links: `#L12`. The page leaves out lines without text and numbers the others. Null for a line that the page leaves out.',
    }),
    ...textFields(t),
    timestamp: t.field({
      type: 'DateTime',
      description:
        'When the line was printed. Null if the runner did not record it (by default before Runner 18.7).',
      resolve: ({ timestamp }) => timestamp,
    }),
    stream: t.field({
      type: TraceStream,
      description: 'The output stream. Null if `timestamp` is null.',
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
      description:
        'The name, for `lines(section:)`. A log may have several sections of one name. Names that differ only in case, or in `.`, `_` and `-`, are one name.',
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

const LogExcerpt = builder.objectRef<Excerpt>('LogExcerpt').implement({
  description: 'Consecutive lines of a log, around one or more lines that match a search.',
  fields: (t) => ({
    lines: t.expose('lines', {
      type: [TraceLine],
      nullable: false,
      description: 'The matching lines and the lines around them.',
    }),
    matchedNumbers: t.expose('matchedNumbers', {
      type: ['Int'],
      nullable: false,
      description: 'The `number` of each match that was counted for `first`.',
    }),
    section: t.exposeString('section', {
      description: 'The innermost section of the first match, or null.',
    }),
  }),
});

const LogSearch = builder.objectRef<SearchResult>('LogSearch').implement({
  description: 'The lines of a log that contain a text.',
  fields: (t) => ({
    matchCount: t.exposeInt('matchCount', {
      nullable: false,
      description:
        'The number of all matching lines, also those beyond `first`. Of a truncated log, only kept lines are searched.',
    }),
    excerpts: t.field({
      type: [LogExcerpt],
      nullable: false,
      description:
        'The matches with the lines around them, in the order of the log. Excerpts that touch or overlap are one.',
      resolve: ({ excerpts }) => excerpts,
    }),
  }),
});

/**
 * The maximum page size of `lines`. It is larger than the page size of jobs, because lines cost no
 * calls.
 */
const MAX_LINES = 5_000;
const DEFAULT_SECTIONS = 5_000;
const MAX_SECTIONS = 10_000;

/**
 * Counts log output of an operation. Throws OPERATION_TOO_COMPLEX if the output exceeds the limit.
 */
export function countOutput(
  part: Parameters<OperationLogs['recordOutput']>[0],
  logs: OperationLogs,
): void {
  if (logs.recordOutput(part)) return;
  const advice = 'Request fewer logs, or fewer `lines`, `sections` or `lastLines` of them.';
  throw new GraphQLError(`The response would contain too much log output. ${advice}`, {
    extensions: { code: 'OPERATION_TOO_COMPLEX', limit: 'traces' },
  });
}

interface LinesArgs extends ConnectionArgs {
  section?: string | null | undefined;
  fromLine?: number | null | undefined;
  toLine?: number | null | undefined;
}

/** Checks the arguments `fromLine` and `toLine` of `lines`. Undefined if neither is given. */
function parseLineRange({ section, fromLine, toLine }: LinesArgs) {
  if (fromLine == null && toLine == null) return undefined;
  if (section != null)
    throw badUserInput('`section` cannot go together with `fromLine` and `toLine`.');
  const range = { fromLine: fromLine ?? 1, toLine: toLine ?? Infinity };
  if (range.fromLine < 1) {
    throw badUserInput(`\`fromLine\` must be at least 1, not ${fromLine}.`);
  }
  if (range.toLine < range.fromLine) {
    throw badUserInput(`\`toLine\` must be at least ${range.fromLine}, not ${toLine}.`);
  }
  return range;
}

/**
 * Checks the arguments of `lines`. The returned `anchor` is the line number in the cursor, not
 * `TraceLine.anchor`.
 */
function parseLinesArgs(args: LinesArgs, ref: TraceRow['ref']) {
  const { first, after, last, before, section } = args;
  const range = parseLineRange(args);
  const defaultCount = range && last == null ? MAX_LINES : undefined;
  const page = { first: first ?? defaultCount, after, last, before };
  const { forward, count, cursor } = parsePageArgs(page, MAX_LINES);
  const list = ['lines', ref.id, section ?? null];
  const digest = listDigest(...list, ...(range ? [range.fromLine, range.toLine] : []));
  const anchor = cursor && Number(parseCursor(digest, cursor, forward ? 'after' : 'before').id);
  return { forward, count, anchor, digest, range };
}

function toConnection(
  list: LineList,
  { forward, count, anchor, digest, range }: ReturnType<typeof parseLinesArgs>,
  logs: OperationLogs,
): Connection<ParsedLine> {
  const low = range ? list.countTo(range.fromLine - 1) : 0;
  const high = range ? list.countTo(range.toLine) : list.length;
  const start = forward && anchor ? Math.max(low, list.countTo(anchor)) : low;
  const end = !forward && anchor ? Math.min(high, list.countTo(anchor - 1)) : high;
  const from = forward ? start : Math.max(low, end - count);
  const to = forward ? Math.min(high, start + count) : end;
  countOutput({ rows: Math.max(0, to - from) }, logs);
  const edges = list.slice(from, to).map((node) => ({
    node,
    cursor: () => toCursor(digest, { id: String(node.number) }),
  }));
  countOutput({ characters: edges.reduce((sum, { node }) => sum + node.text.length, 0) }, logs);
  return {
    edges,
    hasPreviousPage: from > low,
    hasNextPage: to < high,
    totalCount: high - low,
  };
}

const MAX_CONTEXT = 50;
const MAX_MATCHES = 100;
const MAX_TEXTS = 10;
const MAX_TEXT_LENGTH = 200;
const DEFAULT_CONTEXT = 2;
const DEFAULT_MATCHES = 20;

interface SearchArgs {
  anyOf: readonly string[];
  ignoreCase?: boolean | null | undefined;
  context?: number | null | undefined;
  first?: number | null | undefined;
  fromEnd?: boolean | null | undefined;
}

function checkTexts(texts: readonly string[]): void {
  if (texts.length < 1 || texts.length > MAX_TEXTS) {
    throw badUserInput(`\`anyOf\` must have 1 to ${MAX_TEXTS} texts, not ${texts.length}.`);
  }
  for (const text of texts) {
    const { length } = [...text];
    if (length >= 1 && length <= MAX_TEXT_LENGTH) continue;
    const rule = `must have 1 to ${MAX_TEXT_LENGTH} characters, not ${length}`;
    throw badUserInput(`A text of \`anyOf\` ${rule}.`);
  }
}

/** Checks the arguments of `search`. Null counts as absent. */
function parseSearch(args: SearchArgs): SearchRequest {
  const request = {
    anyOf: args.anyOf,
    ignoreCase: args.ignoreCase ?? true,
    context: args.context ?? DEFAULT_CONTEXT,
    first: args.first ?? DEFAULT_MATCHES,
    fromEnd: args.fromEnd ?? false,
  };
  checkTexts(request.anyOf);
  checkRange('context', request.context, { min: 0, max: MAX_CONTEXT });
  checkRange('first', request.first, { max: MAX_MATCHES });
  return request;
}

function parseLastLines({ lastLines }: { lastLines?: number | null | undefined }) {
  if (lastLines != null && lastLines < 1) throw badUserInput('`lastLines` must be at least 1.');
  return lastLines ?? undefined;
}

/** Checks the arguments of `sections`. Null counts as absent. */
function parseSectionPage(args: {
  first?: number | null | undefined;
  skip?: number | null | undefined;
  afterLine?: number | null | undefined;
}): SectionPage {
  const page = {
    first: args.first ?? DEFAULT_SECTIONS,
    skip: args.skip ?? 0,
    afterLine: args.afterLine ?? 0,
  };
  checkRange('first', page.first, { max: MAX_SECTIONS });
  for (const name of ['skip', 'afterLine'] as const) {
    if (page[name] < 0) throw badUserInput(`\`${name}\` must be at least 0, not ${page[name]}.`);
  }
  return page;
}

/** Checks the arguments of all fields below a log, before it is read. Throws BAD_USER_INPUT. */
export function checkTraceArguments(
  { selection, variableValues }: SelectedBelow,
  ref: TraceRow['ref'],
): void {
  for (const field of selection.list) {
    const args = field.argumentsFor(variableValues);
    if (field.name === 'text') parseLastLines(args);
    if (field.name === 'lines') parseLinesArgs(args, ref);
    if (field.name === 'search') parseSearch(args as unknown as SearchArgs);
    if (field.name === 'sections') parseSectionPage(args);
  }
}

/** Returns the text of a log, or of its last lines, in parts. */
async function textOf(
  { log }: TraceRow,
  format: 'RAW' | 'PLAIN' | 'HTML',
  lastLines: number | undefined,
): Promise<Iterable<StringPiece>> {
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
      resolve: async (row, args, { logs, streamedStrings }) => {
        const pieces = await textOf(row, args.format, parseLastLines(args));
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
        fromLine: t.arg.int({
          description: `Only lines from this \`number\` on. Then the default of \`first\` is ${MAX_LINES}. Not with \`section\`.`,
        }),
        toLine: t.arg.int({
          description: `Only lines up to this \`number\`, inclusive. Then the default of \`first\` is ${MAX_LINES}. Not with \`section\`.`,
        }),
      },
      resolve: async ({ log, ref }, args, { logs }) => {
        const page = parseLinesArgs(args, ref);
        const { lines, linesOf } = await log.parsed();
        return toConnection(args.section == null ? lines : linesOf(args.section), page, logs);
      },
    }),
    search: t.field({
      type: LogSearch,
      nullable: false,
      description:
        'Lines that contain one of some texts, with lines around them. Colors, marks and timestamps are not searched.',
      args: {
        anyOf: t.arg.stringList({
          required: true,
          description: `The texts: 1 to ${MAX_TEXTS}, each of 1 to ${MAX_TEXT_LENGTH} characters. They are not regular expressions.`,
        }),
        ignoreCase: t.arg.boolean({
          defaultValue: true,
          description:
            'Whether `error` also finds `Error`. Letters are compared one by one: `ß` finds `ẞ` but not `SS`, and `i` does not find `İ`.',
        }),
        context: t.arg.int({
          defaultValue: DEFAULT_CONTEXT,
          description: `The number of lines before and after each match, from 0 to ${MAX_CONTEXT}.`,
        }),
        first: t.arg.int({
          defaultValue: DEFAULT_MATCHES,
          description: `The maximum number of matching lines, from 1 to ${MAX_MATCHES}.`,
        }),
        fromEnd: t.arg.boolean({
          defaultValue: false,
          description: 'Whether to return the last matching lines instead of the first.',
        }),
        section: t.arg.string({
          description:
            'Only lines of the sections with this name, including nested sections. Lines around a match are of these sections, too.',
        }),
      },
      resolve: async ({ log }, args, { logs, signal }) => {
        const request = parseSearch(args);
        const { lines, linesOf } = await log.parsed();
        const searched = args.section == null ? lines : linesOf(args.section);
        const result = await searchLines(searched, request, async () => {
          signal.throwIfAborted();
          await pauseIfSliceIsOver();
        });
        const found = result.excerpts.flatMap((excerpt) => excerpt.lines);
        const characters = found.reduce((sum, { text }) => sum + text.length, 0);
        countOutput({ rows: found.length, characters }, logs);
        return result;
      },
    }),
    sectionCount: t.int({
      nullable: false,
      description:
        'The number of sections that `sections` returns in all its pages. Of a truncated log with more than 131,072 sections, only those count that end in the kept lines.',
      resolve: async ({ log }) => (await log.parsed()).sectionCount,
    }),
    sections: t.field({
      type: [TraceSection],
      nullable: false,
      description:
        'The sections in the order of their first line; nested sections follow their parent. For the next page pass the number of sections read so far as `skip`.',
      args: {
        first: t.arg.int({
          defaultValue: DEFAULT_SECTIONS,
          description: `The number of sections, from 1 to ${MAX_SECTIONS}.`,
        }),
        skip: t.arg.int({
          defaultValue: 0,
          description: 'How many sections to leave out at the beginning of the list.',
        }),
        afterLine: t.arg.int({
          description: 'Only sections that begin after the line of this number, at least 0.',
        }),
      },
      resolve: async ({ log }, args, { logs }) => {
        const page = parseSectionPage(args);
        const sections = (await log.parsed()).sectionPage(page);
        countOutput({ rows: sections.length }, logs);
        return sections;
      },
    }),
  }),
});
