import * as z from 'zod';
import { findJob, type JobAddress, resolveJob, unreadableLog } from '../address.ts';
import { jobAddress, whole } from '../arguments.ts';
import { type Answer, nameText } from '../text.ts';
import { defineTool } from '../tool.ts';
import { callText, countText } from '../words.ts';

/* The tool that searches a job's log. */

const DOCUMENT = /* GraphQL */ `
  query McpSearchLog(
    $project: ID!, $id: ID!, $anyOf: [String!]!, $context: Int!, $first: Int!, $fromEnd: Boolean!
  ) {
    job(project: $project, id: $id) {
      trace {
        truncated
        search(anyOf: $anyOf, context: $context, first: $first, fromEnd: $fromEnd) {
          matchCount
          excerpts { lines { number text } matchedNumbers }
        }
      }
    }
  }
`;

interface Excerpt {
  lines: readonly { number: number; text: string }[];
  matchedNumbers: readonly number[];
}

interface JobData {
  trace: {
    truncated: boolean;
    search: { matchCount: number; excerpts: readonly Excerpt[] };
  } | null;
}

/** Returns excerpts as rows. A `>` marks each line that matches. */
function rowsOf(excerpts: readonly Excerpt[]): string[] {
  let previous: number | undefined;
  return excerpts.flatMap(({ lines, matchedNumbers }) => {
    const matched = new Set(matchedNumbers);
    const first = lines.at(0)?.number ?? 1;
    const skipped = previous === undefined ? 0 : first - previous - 1;
    previous = lines.at(-1)?.number;
    const rows = lines.map(
      ({ number, text }) => `${matched.has(number) ? '>' : ' '}${number} ${text}`,
    );
    return skipped > 0 ? [`-- ${countText(skipped, 'line')} left out --`, ...rows] : rows;
  });
}

/** Counts the lines of the log in rows, without the rows `-- n lines left out --`. */
const countLines = (rows: readonly string[]): number =>
  rows.filter((row) => !row.startsWith('-- ')).length;

/** Returns what a search found, as text. */
export function formatSearch(
  { trace }: JobData,
  { project, id }: JobAddress,
  fromEnd: boolean,
): Answer {
  if (!trace) throw unreadableLog();
  const { matchCount, excerpts } = trace.search;
  const title = `job ${id} of ${nameText(project)}`;
  const call = (fromLine: number) =>
    callText('read_log', { project, job: id, from_line: fromLine });
  if (matchCount === 0) {
    const hint = callText('read_log', { project, job: id });
    return {
      head: [`${title}: no line of the log has one of these texts. Try other texts, or ${hint}`],
    };
  }
  const shownMatches = excerpts.reduce((sum, { matchedNumbers }) => sum + matchedNumbers.length, 0);
  const rows = rowsOf(excerpts);
  const firstLine = excerpts.at(0)?.lines.at(0)?.number ?? 1;
  return {
    head: [
      `${title}: ${countText(matchCount, 'line')} with one of these texts, ${fromEnd ? 'the last' : 'the first'} ${shownMatches} shown${trace.truncated ? '; only the end of this long log is kept' : ''}`,
    ],
    blocks: [
      {
        rows,
        keep: fromEnd ? 'end' : 'start',
        isLog: true,
        after({ start, end }) {
          const leftOut = countLines(rows) - countLines(rows.slice(start, end));
          const cut =
            leftOut > 0
              ? [
                  `${countText(leftOut, 'line')} left out for length: use fewer texts or a smaller context`,
                ]
              : [];
          const others =
            matchCount > shownMatches
              ? ['the other matches: raise max_matches or change from_end']
              : [];
          return [...cut, ...others, `all lines: ${call(firstLine)}`];
        },
      },
    ],
  };
}

export const searchLog = defineTool({
  name: 'search_log',
  description: "Lines of a job's log that contain one of some texts, with lines around them.",
  arguments: {
    ...jobAddress,
    any_of: z.array(z.string().min(1).max(200)).min(1).max(10),
    context: whole(2, 0, 50),
    max_matches: whole(20, 1, 100),
    from_end: z.boolean().default(false),
  },
  async run({ any_of: anyOf, context, max_matches: first, from_end: fromEnd, ...args }, call) {
    const job = await resolveJob(args, call);
    const variables = { project: job.project, id: job.id, anyOf, context, first, fromEnd };
    const data = await call.execute<{ job: JobData | null }>(DOCUMENT, variables);
    return formatSearch(findJob(data), job, fromEnd);
  },
});
