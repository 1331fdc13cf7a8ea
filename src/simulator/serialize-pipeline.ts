import type { PipelineRecord } from './records.ts';
import { iso, keysIf, serializeUserBasic, type View } from './serialize-user.ts';
import { isComplete } from './statuses.ts';

/** Keys that a test replaces; undefined takes one away. */
export function overridden(
  json: Record<string, unknown>,
  raw: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...json, ...raw };
  for (const key of Object.keys(raw)) if (raw[key] === undefined) delete merged[key];
  return merged;
}

function basicKeys(pipeline: PipelineRecord, { caps, externalUrl, statusOf }: View) {
  return {
    id: pipeline.id,
    ...keysIf(caps.pipelineIid, { iid: pipeline.iid }),
    project_id: pipeline.project.id,
    sha: pipeline.sha,
    ref: pipeline.ref,
    status: statusOf(pipeline),
    source: pipeline.source,
    created_at: iso(pipeline.createdAt),
    updated_at: iso(pipeline.updatedAt),
    web_url: `${externalUrl}/${pipeline.project.path}/-/pipelines/${pipeline.id}`,
  };
}

/** A pipeline as embedded in a job or a bridge (upstream.md §3.3). */
export function serializePipelineBasic(pipeline: PipelineRecord, view: View) {
  return overridden(basicKeys(pipeline, view), pipeline.raw);
}

/** A row of a project's pipelines. */
export function serializePipelineRow(pipeline: PipelineRecord, view: View) {
  const name = keysIf(view.caps.pipelineName, { name: pipeline.name });
  return overridden({ ...basicKeys(pipeline, view), ...name }, pipeline.raw);
}

function seconds(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.round((to - from) / 1_000);
}

/** The average of the jobs that measured one, as text with two decimals. */
function coverageOf(pipeline: PipelineRecord): string | null {
  const measured = pipeline.jobs.flatMap((job) =>
    job.retried || job.coverage === null ? [] : [job.coverage],
  );
  if (measured.length === 0) return null;
  const sum = measured.reduce((total, each) => total + each, 0);
  return (sum / measured.length).toFixed(2);
}

const labels: Readonly<Record<string, string>> = { success: 'passed', manual: 'blocked' };

function detailedStatus(pipeline: PipelineRecord, view: View) {
  const status = view.statusOf(pipeline);
  const label = labels[status] ?? status;
  const web = new URL(view.externalUrl).pathname.replace(/\/$/, '');
  return {
    icon: `status_${status}`,
    text: label,
    label,
    group: status,
    tooltip: label,
    has_details: true,
    details_path: `${web}/${pipeline.project.path}/-/pipelines/${pipeline.id}`,
    illustration: null,
    favicon: `${web}/assets/ci_favicons/favicon_status_${status}.png`,
  };
}

/** A pipeline as read by itself (§3.3). */
export function serializePipeline(pipeline: PipelineRecord, view: View) {
  const finishedAt = isComplete(view.statusOf(pipeline)) ? pipeline.finishedAt : null;
  const json = {
    ...basicKeys(pipeline, view),
    ...keysIf(view.caps.pipelineName, { name: pipeline.name }),
    before_sha: pipeline.beforeSha,
    tag: pipeline.tag,
    yaml_errors: pipeline.yamlErrors,
    user: pipeline.user && serializeUserBasic(pipeline.user, view),
    started_at: iso(pipeline.startedAt),
    finished_at: iso(finishedAt),
    committed_at: null,
    duration: seconds(pipeline.startedAt, finishedAt),
    queued_duration: seconds(pipeline.createdAt, pipeline.startedAt),
    coverage: coverageOf(pipeline),
    detailed_status: detailedStatus(pipeline, view),
  };
  return overridden(json, pipeline.raw);
}
