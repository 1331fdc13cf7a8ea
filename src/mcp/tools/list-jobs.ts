import * as z from 'zod';
import { quote } from '../../graphql/client-errors.ts';
import { isProjectName } from '../../graphql/global-id.ts';
import { mergedJobsCursor } from '../../graphql/merged-jobs.ts';
import { id, whole } from '../arguments.ts';
import { type Answer, type Block, nameText } from '../text.ts';
import { defineTool } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { callText, countText, durationText, statusText } from '../words.ts';

/* The tool that lists the newest jobs of projects. */

const DOCUMENT = /* GraphQL */ `
  query McpListJobs($projects: [ID!]!, $first: Int!, $after: String, $statuses: [CiJobStatus!]) {
    jobs(projects: $projects, first: $first, after: $after, statuses: $statuses) {
      nodes { databaseId name status ref duration project { fullPath } }
      pageInfo { hasNextPage }
      unread { project code message }
    }
  }
`;

interface JobRow {
  databaseId: string;
  name: string | null;
  status: string;
  ref: string | null;
  duration: number | null;
  project: { fullPath: string };
}

interface JobsPage {
  nodes: readonly JobRow[];
  pageInfo: { hasNextPage: boolean };
  unread: readonly { project: string; code: string; message: string }[];
}

interface Asked {
  projects: readonly string[];
  statuses?: readonly string[] | undefined;
  limit: number;
}

function rowOf({ databaseId, status, name, ref, duration, project }: JobRow): string {
  const facts = [nameText(name), nameText(ref), nameText(project.fullPath)];
  const time = duration === null ? [] : [durationText(duration)];
  return `${databaseId} ${statusText(status)} ${[...facts, ...time].join(' | ')}`;
}

const NOT_FOUND = 'no such project, or your token may not see it';

/** Returns a list of jobs as text. */
export function formatJobs({ nodes, pageInfo, unread }: JobsPage, asked: Asked): Answer {
  const list: Block = {
    rows: nodes.map(rowOf),
    after({ end }) {
      const last = nodes[end - 1]?.databaseId;
      const hasMore = end < nodes.length || pageInfo.hasNextPage;
      if (!hasMore || last === undefined) return [];
      return [`older: ${callText('list_jobs', { ...asked, before_id: last })}`];
    },
  };
  const failures = unread.map(
    ({ project, code, message }): Block => ({
      before: [`not read: ${nameText(project)}: ${code === 'NOT_FOUND' ? NOT_FOUND : message}`],
    }),
  );
  return {
    head: [
      `${countText(nodes.length, 'job')}, newest first: number, status, name | ref | project | duration`,
    ],
    blocks: [list, ...failures],
    omitted: (count) =>
      `${countText(count, 'project')} not read and not named for length: ask for fewer projects`,
  };
}

const STATUSES = [
  ...['created', 'waiting_for_resource', 'preparing', 'waiting_for_callback', 'pending', 'running'],
  ...['success', 'failed', 'canceling', 'canceled', 'skipped', 'manual', 'scheduled'],
];

function checkArguments({ projects, statuses = [] }: Asked): void {
  const project = projects.find((name) => !isProjectName(name));
  if (project !== undefined) {
    throw new ToolError(
      `\`projects\` must be full paths such as "group/app", or numbers, not ${quote(project)}.`,
    );
  }
  if (statuses.every((status) => STATUSES.includes(status))) return;
  throw new ToolError(`\`statuses\` must be of: ${STATUSES.join(', ')}.`);
}

export const listJobs = defineTool({
  name: 'list_jobs',
  description: 'The newest jobs of projects, by status.',
  arguments: {
    projects: z.array(z.string().max(1024)).min(1).max(20).describe('Paths or numbers'),
    statuses: z.array(z.string().max(30)).max(13).optional().describe('Such as failed, running'),
    limit: whole(20, 1, 100),
    before_id: id.optional(),
  },
  async run({ before_id: before, ...asked }, call) {
    checkArguments(asked);
    const { projects, statuses, limit } = asked;
    const { jobs } = await call.execute<{ jobs: JobsPage }>(DOCUMENT, {
      ...{ projects, first: limit },
      statuses: statuses?.map((status) => status.toUpperCase()),
      after: before === undefined ? null : mergedJobsCursor({ projects, statuses }, before),
    });
    return formatJobs(jobs, asked);
  },
});
