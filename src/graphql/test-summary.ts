import type { Context } from '../context/context.ts';
import type { PipelineRef } from '../gitlab/client.ts';
import type { RestTestReportSummary, RestTestSuite } from '../gitlab/rows.ts';
import { builder } from './builder.ts';
import { costs } from './cost.ts';
import { isNumericId, toGlobalId } from './global-id.ts';

/**
 * A requested pipeline. `projectNumber` is the numeric id of its project; undefined if the id is
 * not known without a call.
 */
type RequestedPipeline = PipelineRef & { projectNumber: string | undefined };

/** The test reports of a pipeline. */
interface SummaryRow {
  pipeline: RequestedPipeline;
  summary: RestTestReportSummary;
}

interface SuiteRow {
  pipeline: RequestedPipeline;
  suite: RestTestSuite;
}

const TestCounts = builder.objectRef<RestTestReportSummary['total']>('TestCounts').implement({
  description: 'The number of test cases by result.',
  fields: (t) => ({
    count: t.int({
      nullable: false,
      description: 'All test cases.',
      resolve: ({ count }) => count ?? 0,
    }),
    success: t.int({
      nullable: false,
      description: 'Those that passed.',
      resolve: ({ success }) => success ?? 0,
    }),
    failed: t.int({
      nullable: false,
      description: 'Those that failed.',
      resolve: ({ failed }) => failed ?? 0,
    }),
    skipped: t.int({
      nullable: false,
      description: 'Those that were skipped.',
      resolve: ({ skipped }) => skipped ?? 0,
    }),
    error: t.int({
      nullable: false,
      description: 'Those that ended with an error outside of the test itself.',
      resolve: ({ error }) => error ?? 0,
    }),
    time: t.float({
      description: 'The run time of all test cases in seconds.',
      resolve: ({ time }) => time,
    }),
  }),
});

/**
 * Returns the numeric id of the pipeline's project. Reads the pipeline if the id is not known. If
 * the response contains no id, or GitLab answers 404, returns the project as requested (a path).
 */
async function projectOf({ loaders }: Context, pipeline: RequestedPipeline): Promise<string> {
  const { projectNumber, ...ref } = pipeline;
  return projectNumber ?? String((await loaders.pipeline(ref))?.project_id ?? ref.project);
}

const TestSuite = builder.objectRef<SuiteRow>('TestSuite').implement({
  description: 'The test report of the jobs of one name.',
  fields: (t) => ({
    name: t.string({
      description: 'The name of the jobs, without the number of a parallel job.',
      resolve: ({ suite }) => suite.name,
    }),
    counts: t.field({
      type: TestCounts,
      nullable: false,
      description: 'The number of its test cases.',
      resolve: ({ suite }) => ({
        count: suite.total_count,
        success: suite.success_count,
        failed: suite.failed_count,
        skipped: suite.skipped_count,
        error: suite.error_count,
        time: suite.total_time,
      }),
    }),
    jobIds: t.idList({
      nullable: false,
      description:
        'The global ids of the jobs, for `Query.nodes`. Empty if GitLab does not send them.',
      extensions: costs({
        call: 'pipeline',
        knownBy: ['number', 'list', 'job', 'pipeline', 'listed'],
        sentence:
          'Costs one call per pipeline requested by a path whose number the gateway does not know yet.',
      }),
      resolve: async ({ pipeline, suite }, _args, context) => {
        const ids = suite.build_ids ?? [];
        if (ids.length === 0) return [];
        const project = await projectOf(context, pipeline);
        return ids.map((id) => toGlobalId('Job', project, id));
      },
    }),
    suiteError: t.string({
      description: 'Why the report could not be read, such as a syntax error in its XML.',
      resolve: ({ suite }) => suite.suite_error,
    }),
  }),
});

export const TestSummary = builder.objectRef<SummaryRow>('TestSummary').implement({
  description: 'The test reports of a pipeline, counted. GitLab updates them every two minutes.',
  fields: (t) => ({
    total: t.field({
      type: TestCounts,
      nullable: false,
      description: 'The number of test cases of all reports.',
      resolve: ({ summary }) => summary.total,
    }),
    suites: t.field({
      type: [TestSuite],
      nullable: false,
      description: 'The reports by name of job.',
      extensions: costs({ leadsTo: 'pipeline' }),
      resolve: ({ pipeline, summary }) =>
        (summary.test_suites ?? []).map((suite) => ({ pipeline, suite })),
    }),
  }),
});

/**
 * Reads the test reports of a pipeline. Null if GitLab answers 404. Also null if the pipeline has
 * no test reports; GitLab then sends a summary with only zeros. `project` is the numeric id of the
 * pipeline's project, or its path if the id is unknown.
 */
export async function readTestSummary(
  { loaders }: Context,
  ref: PipelineRef,
  project: string,
): Promise<SummaryRow | null> {
  const projectNumber = isNumericId(project) ? project : loaders.findProject(project)?.number;
  const summary = await loaders.testSummary(ref);
  const isEmpty = !summary?.total.count && !summary?.test_suites?.length;
  return summary && !isEmpty ? { pipeline: { ...ref, projectNumber }, summary } : null;
}
