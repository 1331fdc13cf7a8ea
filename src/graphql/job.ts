import { builder } from './builder.ts';
import { costs, parseNames } from './cost.ts';
import { parseNumericId, parseProject } from './global-id.ts';
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

Job.implement({
  description: 'A job that a runner executes.',
  interfaces: [Node, CiJob],
  fields: (t) => ({
    tagList: t.expose('tag_list', {
      type: ['String'],
      description: 'The runner tags it asks for, sorted by name.',
    }),
    artifacts: t.field({
      type: [JobArtifact],
      nullable: false,
      description:
        'Files it left behind, the archived log and reports included. Empty after erase.',
      resolve: (job) => job.artifacts ?? [],
    }),
    artifactsFile: t.field({
      type: JobArtifactsFile,
      description: 'The archive of `artifacts:paths`. Null when there is none, or it has expired.',
      resolve: (job) => job.artifacts_file,
    }),
    artifactsExpireAt: t.field({
      type: 'DateTime',
      description: 'When its artifacts are deleted. Null for never, or when there are none.',
      resolve: (job) => job.artifacts_expire_at,
    }),
    runner: t.field({
      type: Runner,
      description: 'The runner that took it. Null before that, and when the runner was deleted.',
      resolve: (job) => job.runner,
    }),
    runnerManager: t.field({
      type: RunnerManager,
      description: 'The machine of the runner. Null like `runner`, and before GitLab 17.',
      resolve: (job) => job.runner_manager,
    }),
    trace: t.field({
      type: JobTrace,
      description: 'The log. Null if the job does not exist or is not visible to the caller.',
      extensions: costs({
        call: 'trace',
        start: ({ loaders }, ref) => loaders.trace(ref),
      }),
      resolve: async (job, _args, { loaders }) => {
        const ref = { project: job.project_id, id: String(job.id) };
        const log = await loaders.trace(ref);
        return log && { ref, log };
      },
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
      'One job by its project and its number. A trigger job is not found here: see `Pipeline.bridges`.',
    args: {
      project: t.arg.id({
        required: true,
        description: 'The project’s full path, such as "group/app", or its number.',
      }),
      id: t.arg.id({ required: true, description: 'GitLab’s number of the job.' }),
    },
    extensions: costs({ names: (args) => parseNames([args], nameJob) }),
    resolve: (_root, args, context, info) => readJob(context, nameJob(args), selectedBelow(info)),
  }),
  currentJob: t.field({
    type: Job,
    description: 'The job whose CI_JOB_TOKEN the request carries. Null for any other credential.',
    extensions: costs({ call: 'currentJob' }),
    resolve: (_root, _args, { loaders }) => loaders.currentJob(),
  }),
}));
