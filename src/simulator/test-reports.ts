import { readParams, readPathId } from './params.ts';
import type { JobRecord, TestCounts } from './records.ts';
import { type ApiRequest, findPipeline, findReadableProject } from './request.ts';
import type { ApiResponse } from './responses.ts';
import { isComplete } from './statuses.ts';

const noTests: TestCounts = { success: 0, failed: 0, skipped: 0, error: 0, time: 0 };

function sum(all: readonly TestCounts[]): TestCounts {
  return all.reduce(
    (total, one) => ({
      success: total.success + one.success,
      failed: total.failed + one.failed,
      skipped: total.skipped + one.skipped,
      error: total.error + one.error,
      time: total.time + one.time,
    }),
    noTests,
  );
}

const countOf = ({ success, failed, skipped, error }: TestCounts) =>
  success + failed + skipped + error;

function serializeSuite(name: string, jobs: readonly JobRecord[]) {
  const { time, success, failed, skipped, error } = sum(jobs.map(({ tests }) => tests ?? noTests));
  return {
    name,
    total_time: time,
    total_count: countOf({ time, success, failed, skipped, error }),
    success_count: success,
    failed_count: failed,
    skipped_count: skipped,
    error_count: error,
    build_ids: jobs.map(({ id }) => id),
    suite_error: null,
  };
}

/** Returns the name of a job's test suite: `unit` for the parallel job `unit 1/2`. */
const suiteOf = ({ name }: JobRecord) => name.replace(/ \d+\/\d+$/, '');

/**
 * GET …/test_report_summary: adds up the test reports of complete jobs that were not retried
 * (upstream.md §13).
 */
export function getTestReportSummary(request: ApiRequest): ApiResponse {
  const id = readParams(request, (reader) => readPathId(reader, 'pipeline_id'));
  const project = findReadableProject(request, 'read_pipelines');
  const jobs = findPipeline(request, project, id).jobs.filter(
    ({ tests, retried, status }) => tests !== null && !retried && isComplete(status),
  );
  const suites = new Map<string, JobRecord[]>();
  for (const job of jobs) suites.set(suiteOf(job), [...(suites.get(suiteOf(job)) ?? []), job]);
  const { time, ...counts } = sum(jobs.map(({ tests }) => tests ?? noTests));
  const total = { time, count: countOf({ time, ...counts }), ...counts, suite_error: null };
  const test_suites = [...suites].map(([name, of]) => serializeSuite(name, of));
  return { status: 200, json: { total, test_suites } };
}
