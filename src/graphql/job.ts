import type { JobRef } from '../gitlab/client.ts';
import type { Job as JobRow } from '../gitlab/rows.ts';
import {
  artifactTextCost,
  DEFAULT_TEXT_BYTES,
  readArtifactText,
  startArtifactText,
} from './artifact.ts';
import { builder } from './builder.ts';
import { costs, parseNames } from './cost.ts';
import { parseNumericId, parseProject } from './global-id.ts';
import { failureOf, JobFailure } from './job-failure.ts';
import { historyArguments, historyCost, JobHistory, readHistory } from './job-history.ts';
import { readJob } from './read-planner.ts';
import {
  CiJob,
  Job,
  JobArtifact,
  JobArtifactsFile,
  JobTrace,
  Node,
  Runner,
  RunnerManager,
} from './refs.ts';
import { selectedBelow } from './selection.ts';
import { checkTraceArguments } from './trace.ts';

const refOf = (job: JobRow): JobRef => ({ project: job.project_id, id: String(job.id) });

Job.implement({
  description: 'A job that a runner executes.',
  interfaces: [Node, CiJob],
  fields: (t) => ({
    tagList: t.expose('tag_list', {
      type: ['String'],
      description: 'The runner tags that the job requires, sorted by name.',
    }),
    artifacts: t.field({
      type: [JobArtifact],
      nullable: false,
      description:
        'The files that the job created, including the archived log and reports. Empty after an erase.',
      resolve: (job) => job.artifacts ?? [],
    }),
    artifactsFile: t.field({
      type: JobArtifactsFile,
      description: 'The archive of `artifacts:paths`. Null if there is none or it has expired.',
      resolve: (job) => job.artifacts_file && { ...job.artifacts_file, job: refOf(job) },
    }),
    artifactText: t.string({
      description:
        'The beginning of one text file of the archive, for programs and agents that do not download it. Null if the file, the archive or the job does not exist or is not visible to the caller. A file that is not text in UTF-8 is an error.',
      args: {
        path: t.arg.string({
          required: true,
          description: 'The path of the file in the archive, such as "reports/junit.xml".',
        }),
        maxBytes: t.arg.int({
          defaultValue: DEFAULT_TEXT_BYTES,
          description:
            'How much to read, from 1 to 1,048,576 bytes. A longer file is cut off after a whole character.',
        }),
      },
      extensions: costs({
        list: artifactTextCost,
        start: async ({ loaders }, ref, { args }) => {
          await startArtifactText(loaders, ref, args as { path: string });
        },
      }),
      resolve: (job, args, context) => readArtifactText(context, refOf(job), args),
    }),
    artifactsExpireAt: t.field({
      type: 'DateTime',
      description: 'When the artifacts will be deleted. Null if never, or if there are none.',
      resolve: (job) => job.artifacts_expire_at,
    }),
    runner: t.field({
      type: Runner,
      description:
        'The runner that executes the job. Null before it starts, and if the runner was deleted.',
      resolve: (job) => job.runner,
    }),
    runnerManager: t.field({
      type: RunnerManager,
      description: 'The machine of the runner. Null if `runner` is null, and before GitLab 17.',
      resolve: (job) => job.runner_manager,
    }),
    failure: t.field({
      type: JobFailure,
      description:
        'Why the job failed. Null unless `status` is FAILED. Costs nothing besides the job, except `log`.',
      resolve: (job, _args, _context, info) => failureOf(job, selectedBelow(info)),
    }),
    trace: t.field({
      type: JobTrace,
      description:
        'The log of the job. Null if the job does not exist or is not visible to the caller.',
      extensions: costs({
        call: 'trace',
        start: ({ loaders }, ref, below) => {
          checkTraceArguments(below, ref);
          return loaders.trace(ref);
        },
      }),
      resolve: async (job, _args, { loaders }, info) => {
        const ref = refOf(job);
        checkTraceArguments(selectedBelow(info), ref);
        const log = await loaders.trace(ref);
        return log && { ref, log };
      },
    }),
    history: t.field({
      type: JobHistory,
      description:
        'Earlier runs of the job of this name: has it failed before, and since when? Null if the caller may not list the jobs of the project.',
      args: historyArguments(t.arg),
      extensions: costs({ list: historyCost, needsRow: true }),
      resolve: (job, args, context) => readHistory(context, job, args),
    }),
  }),
});

const nameJob = (args: { project?: unknown; id?: unknown }) => ({
  type: 'Job' as const,
  project: parseProject(String(args.project), '`project`'),
  id: parseNumericId(String(args.id), '`id`'),
});

builder.queryFields((t) => ({
  job: t.field({
    type: Job,
    description:
      'A job by its project and numeric id. Trigger jobs are not found here; see `Pipeline.bridges`.',
    args: {
      project: t.arg.id({
        required: true,
        description: 'The project’s full path, such as "group/app", or its numeric id.',
      }),
      id: t.arg.id({ required: true, description: 'GitLab’s numeric id of the job.' }),
    },
    extensions: costs({ names: (args) => parseNames([args], nameJob) }),
    resolve: (_root, args, context, info) => readJob(context, nameJob(args), selectedBelow(info)),
  }),
  currentJob: t.field({
    type: Job,
    description:
      'The job of the CI_JOB_TOKEN that the request was sent with. Null for other credentials.',
    extensions: costs({ call: 'currentJob' }),
    resolve: (_root, _args, { loaders }) => loaders.currentJob(),
  }),
}));
