import * as z from 'zod';
import { findJob, type JobAddress, resolveJob, unreadableLog } from '../address.ts';
import { jobAddress, whole } from '../arguments.ts';
import { type Answer, nameText } from '../text.ts';
import { defineTool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { callText, logRow, statusText } from '../words.ts';

/* The tool that reads lines of a job's log. */

const DOCUMENT = /* GraphQL */ `
  query McpReadLog(
    $project: ID!, $id: ID!, $lines: Int!, $tail: Int!, $fromLine: Int, $section: String
    $byLine: Boolean!, $byFailure: Boolean!
  ) {
    job(project: $project, id: $id) {
      name @include(if: $byFailure)
      status @include(if: $byFailure)
      failure @include(if: $byFailure) {
        log(lines: $tail) { section tail { number text } }
      }
      trace {
        truncated
        all: lines(last: 1) { nodes { number } }
        from: lines(first: $lines, fromLine: $fromLine) @include(if: $byLine) {
          nodes { number text }
        }
        end: lines(last: $lines, section: $section) @skip(if: $byLine) {
          nodes { number text }
        }
      }
    }
  }
`;

interface Line {
  number: number;
  text: string;
}

interface JobData {
  name?: string | null;
  status?: string;
  failure?: { log: { section: string | null; tail: readonly Line[] } | null } | null;
  trace: {
    truncated: boolean;
    all: { nodes: readonly { number: number }[] };
    from?: { nodes: readonly Line[] };
    end?: { nodes: readonly Line[] };
  } | null;
}

interface Asked {
  section: string | undefined;
  fromLine: number | undefined;
  lines: number;
}

/** Returns the end of the failed section if it was read, otherwise the requested lines. */
function chooseLines({ failure, trace }: JobData): { lines: readonly Line[]; section?: string } {
  const failed = failure?.log;
  if (failed && failed.tail.length > 0) {
    return { lines: failed.tail, ...(failed.section !== null && { section: failed.section }) };
  }
  return { lines: trace?.from?.nodes ?? trace?.end?.nodes ?? [] };
}

/** Returns lines of a log as text. */
export function formatLog(job: JobData, asked: Asked, { project, id }: JobAddress): Answer {
  const { trace } = job;
  if (!trace) throw unreadableLog();
  const chosen = chooseLines(job);
  const { lines } = chosen;
  const section = chosen.section ?? asked.section;
  const lineCount = trace.all.nodes.at(0)?.number ?? 0;
  const state =
    job.status === undefined ? '' : ` (${nameText(job.name)}, ${statusText(job.status)})`;
  const place = section === undefined ? '' : `, section ${nameText(section)}`;
  const title = `job ${id} of ${nameText(project)}${state}${place}`;
  if (lineCount === 0) {
    return {
      head: [`${title}: the log is empty. The job has not started, or its log was erased.`],
    };
  }
  if (lines.length === 0) {
    throw new ToolError(
      asked.section === undefined
        ? `The log ends with line ${lineCount}: give a smaller \`from_line\`.`
        : 'The log has no such section: leave `section` out, or use search_log.',
    );
  }
  const call = (fromLine: number) =>
    callText('read_log', { project, job: id, from_line: fromLine, lines: asked.lines });
  return {
    head: [
      `${title}, ${lineCount} lines${trace.truncated ? '; only the end of this long log is kept' : ''}`,
    ],
    blocks: [
      {
        rows: lines.map(logRow),
        keep: asked.fromLine === undefined ? 'end' : 'start',
        isLog: true,
        after({ start, end }) {
          const first = lines[start]?.number ?? 1;
          const last = lines[end - 1]?.number ?? lineCount;
          return [
            `lines ${first}-${last} of ${lineCount}`,
            ...(first > 1 ? [`before: ${call(Math.max(1, first - asked.lines))}`] : []),
            ...(last < lineCount ? [`after: ${call(last + 1)}`] : []),
          ];
        },
      },
    ],
  };
}

/** Maximum lines from the end of the failed section. */
const MAX_TAIL = 200;

export const readLog = defineTool({
  name: 'read_log',
  description:
    "Lines of a job's log with numbers. Default: the end of the section that failed, or of the log.",
  arguments: {
    ...jobAddress,
    section: z.string().min(1).max(200).optional().describe('The end of this section'),
    from_line: z.int().min(1).max(2_147_483_647).optional(),
    lines: whole(100, 1, 1_000),
  },
  async run({ section, from_line: fromLine, lines, ...args }, call) {
    if (section !== undefined && fromLine !== undefined) {
      throw new ToolError('Give only one of `section` and `from_line`.');
    }
    const job = await resolveJob(args, call);
    const data = await call.execute<{ job: JobData | null }>(DOCUMENT, {
      ...{ project: job.project, id: job.id, lines, section, fromLine },
      ...{ tail: Math.min(lines, MAX_TAIL), byLine: fromLine !== undefined },
      byFailure: section === undefined && fromLine === undefined,
    });
    return formatLog(findJob(data), { section, fromLine, lines }, job);
  },
});
