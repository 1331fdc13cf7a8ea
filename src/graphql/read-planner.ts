import type { Context } from '../context/context.ts';
import type { JobRef, PipelineRef } from '../gitlab/client.ts';
import type { Job } from '../gitlab/rows.ts';
import { isNumericId } from './global-id.ts';
import {
  type ListArgs,
  readPipelineBridges,
  readPipelineJobs,
  readProjectJobs,
} from './job-lists.ts';
import type { PipelineRow, ProjectRow } from './refs.ts';
import type { SelectedField, Selection } from './selection.ts';

/*
 * Reads of one thing by id, planned from what is selected below it: nothing is read that nobody
 * asked for, and what hangs below is asked for side by side with the thing itself.
 * A child started here is the very read its own resolver makes later, which then finds it under way.
 */

/** Starts reads early; how they end is for the field's own resolver to tell. */
function startEarly(...reads: Promise<unknown>[]): void {
  for (const read of reads) read.catch(() => undefined);
}

const asListField = (field: SelectedField) => ({
  args: field.args as ListArgs,
  selection: field.fields,
});

/** A job by GitLab's number; its log, if selected, comes side by side, and alone if nothing else is. */
export function readJob(context: Context, ref: JobRef, selection: Selection): Promise<Job | null> {
  if (selection.has('trace')) startEarly(context.loaders.trace(ref));
  const onlyTrace =
    selection.has('trace') &&
    selection.list.every(({ name }) => name === 'trace' || name === '__typename');
  if (!onlyTrace) return context.loaders.job(ref);
  // Nothing of the job itself is looked at, so nothing of it is read.
  return Promise.resolve({ id: ref.id, project_id: ref.project, kind: 'BUILD' } as Job);
}

/** A pipeline by GitLab's number; its own fields cost one GET, side by side with the lists below it. */
export async function readPipeline(
  context: Context,
  ref: PipelineRef,
  selection: Selection,
): Promise<PipelineRow | null> {
  const stub = { id: ref.id, project_id: ref.project } as PipelineRow;
  const lists = selection.list.filter(({ name }) => name === 'jobs' || name === 'bridges');
  const own = selection.list.some(({ name }) => !['jobs', 'bridges', '__typename'].includes(name));
  if (!own && lists.length > 0) return stub;
  for (const field of lists) {
    const read = field.name === 'jobs' ? readPipelineJobs : readPipelineBridges;
    startEarly(read(context, ref, asListField(field)));
  }
  const pipeline = await context.loaders.pipeline(ref);
  return pipeline && { ...pipeline, project_id: String(pipeline.project_id ?? ref.project) };
}

/** Fields of a project that its name alone does not tell. */
const unknownOf = {
  path: ['id', 'databaseId', 'name', 'webUrl', 'ciJobTokenScopeEnabled'],
  number: ['fullPath', 'name', 'webUrl', 'ciJobTokenScopeEnabled'],
};

function startBelowProject(context: Context, project: string, field: SelectedField): void {
  if (field.name === 'jobs') startEarly(readProjectJobs(context, project, asListField(field)));
  const { id } = field.args as { id?: string };
  if (id === undefined || !isNumericId(id)) return;
  if (field.name === 'job') startEarly(readJob(context, { project, id }, field.fields));
  if (field.name === 'pipeline') startEarly(readPipeline(context, { project, id }, field.fields));
}

/** A project by path or number; it costs a GET only if a field is selected that its name does not tell. */
export async function readProject(
  context: Context,
  project: string,
  selection: Selection,
): Promise<ProjectRow | null> {
  const numeric = isNumericId(project);
  const row: ProjectRow = { ref: project, ...(numeric ? { id: project } : { path: project }) };
  if (!selection.has(...(numeric ? unknownOf.number : unknownOf.path))) return row;
  for (const field of selection.list) {
    if (['jobs', 'job', 'pipeline'].includes(field.name))
      startBelowProject(context, project, field);
  }
  const read = await context.loaders.project(project);
  if (!read) return null;
  return {
    ref: project,
    id: String(read.id),
    path: read.path_with_namespace,
    web_url: read.web_url ?? undefined,
    ci_job_token_scope_enabled: read.ci_job_token_scope_enabled,
  };
}
