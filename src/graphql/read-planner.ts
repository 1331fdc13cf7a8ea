import type { Context } from '../context/context.ts';
import type { JobRef, PipelineRef } from '../gitlab/client.ts';
import type { Job } from '../gitlab/rows.ts';
import { badUserInput } from './client-errors.ts';
import type { Connection } from './connection.ts';
import { costOfField, knowledgeOf, type NamedParent, planRead, type ReadPlan } from './cost.ts';
import type { PipelineRow, ProjectRow, RowOfProject } from './refs.ts';
import type { SelectedBelow, Selection } from './selection.ts';
import { projectBehind, projectNamed } from './web-url.ts';

/*
 * Reads objects that arguments identify, such as `job(id:)`, with the calls that the selection
 * needs (cost.ts). The reads of fields below the object start at the same time as the read of the
 * object. The resolvers of these fields get the started reads from the loaders.
 */

/**
 * What the read of a field shows about the parent object of the field. The read was started before
 * the parent object was read.
 */
interface Revealed {
  /** Whether the read returned a value. If so, a failed read of the parent must not discard it. */
  hasValue: boolean;
  /**
   * The values in the first row of the read that describe the parent's project. Null if GitLab
   * answered 404 to the read of a list, because the parent object then does not exist. Undefined if
   * the read shows nothing about the project.
   */
  project?: ProjectRow | null;
}

type Value = Connection<RowOfProject> | readonly RowOfProject[] | RowOfProject | null | undefined;

function firstRowOf(value: NonNullable<Value>): RowOfProject | undefined {
  if ('edges' in value) return value.edges[0]?.node;
  return 'length' in value ? value[0] : value;
}

function reveal(value: Value, context: Context): Revealed {
  if (!value) return { hasValue: false };
  const row = firstRowOf(value);
  return row
    ? { hasValue: true, project: projectBehind(row, context.webUrls) }
    : { hasValue: true };
}

/**
 * Starts the reads of selected fields. Ignores their errors, which the resolvers of the fields
 * report.
 */
function startEarly(
  context: Context,
  parent: NamedParent,
  { starts, variableValues }: Pick<ReadPlan, 'starts'> & Pick<SelectedBelow, 'variableValues'>,
): Promise<Revealed>[] {
  return starts.map(async (field) => {
    const { start, list } = costOfField(field.definition);
    try {
      const args = field.argumentsFor(variableValues);
      const below = { selection: field.fields, variableValues, args };
      const value = (await start?.(context, parent, below)) as Value;
      return list && !value ? { hasValue: false, project: null } : reveal(value, context);
    } catch {
      return { hasValue: false };
    }
  });
}

async function combine(reads: readonly Promise<Revealed>[]): Promise<Revealed> {
  const all = await Promise.all(reads);
  const hasValue = all.some((revealed) => revealed.hasValue);
  const rows = all.flatMap(({ project }) => project ?? []);
  if (rows.length > 0) return { hasValue, project: Object.assign({}, ...rows) };
  return all.some(({ project }) => project === null) ? { hasValue, project: null } : { hasValue };
}

/**
 * Reads a job by its numeric id. Makes the GET of the job only if a selected field needs it. For
 * example, `databaseId` and `trace` need none: the id is in `ref`, and the log has its own call. If
 * only values in `ref` are selected, the GET checks that the job exists.
 */
export function readJob(
  context: Context,
  ref: JobRef,
  { selection, variableValues }: SelectedBelow,
): Promise<Job | null> {
  const plan = planRead('Job', selection, knowledgeOf(ref.project));
  void startEarly(context, ref, { starts: plan.starts, variableValues });
  if (plan.own) return context.loaders.job(ref);
  return Promise.resolve({ id: ref.id, project_id: ref.project, kind: 'BUILD' } as Job);
}

/**
 * Reads a pipeline by its numeric id. Makes the GET of the pipeline only if a selected field needs
 * it. For example, `jobs` needs none, and its rows also contain the project's numeric id. If only
 * values in `ref` are selected, the GET checks that the pipeline exists, unless `exists` is true.
 */
export async function readPipeline(
  context: Context,
  ref: PipelineRef,
  { selection, variableValues, exists }: SelectedBelow & { exists?: boolean },
): Promise<PipelineRow | null> {
  const plan = planRead('Pipeline', selection, knowledgeOf(ref.project), exists);
  const project = projectNamed(ref.project);
  const named = { id: ref.id, project_id: ref.project, requestedProject: project } as PipelineRow;
  if (!plan.own && !plan.awaitsRows) return named;
  const reads = startEarly(context, ref, { starts: plan.starts, variableValues });
  if (plan.awaitsRows) {
    const revealed = await combine(reads);
    if (revealed.project === null) return null;
    const { id } = revealed.project ?? {};
    if (id)
      return {
        ...named,
        project_id: id,
        requestedProject: { ...revealed.project, ref: ref.project },
      };
  }
  const pipeline = await context.loaders.pipeline(ref);
  return pipeline && { ...pipeline, project_id: String(pipeline.project_id ?? ref.project) };
}

/**
 * Returns a project from the caller's earlier responses, without a call. Undefined if none of them
 * contained its numeric id, or if the selection needs more than its id and path. The path is the
 * current one, even if `name` is a path from before a rename.
 */
function findProject(context: Context, name: string, selection: Selection): ProjectRow | undefined {
  const found = context.loaders.findProject(name);
  if (!found) return undefined;
  const { number: id, fullPath: path } = found;
  const known = path === undefined ? 'number' : 'path and number';
  return planRead('Project', selection, known).own ? undefined : { ref: name, id, path };
}

async function getProject({ loaders }: Context, name: string): Promise<ProjectRow | null> {
  const row = await loaders.project(name);
  return (
    row && {
      ref: name,
      id: String(row.id),
      path: row.path_with_namespace ?? undefined,
      web_url: row.web_url ?? undefined,
      ci_job_token_scope_enabled: row.ci_job_token_scope_enabled,
    }
  );
}

/**
 * Reads a project by `name`, its path or numeric id. Makes the GET of the project only if a
 * selected field has no other source. Other sources are `name`, earlier responses, and the rows of
 * the project's jobs and pipelines. If the GET fails but a read below the project succeeds, returns
 * the values from `name` and these rows.
 */
export async function readProject(
  context: Context,
  name: string,
  { selection, variableValues }: SelectedBelow,
): Promise<ProjectRow | null> {
  const plan = planRead('Project', selection, knowledgeOf(name));
  const named = projectNamed(name);
  if (!plan.own && !plan.awaitsRows) return named;
  const reads = startEarly(
    context,
    { project: name, id: '' },
    { starts: plan.starts, variableValues },
  );
  if (plan.awaitsRows) {
    const { project } = await combine(reads);
    if (project === null) return null;
    // Does not spread `named`: its `path` is the requested one, which may be from before a rename.
    if (project) return { ...project, ref: name };
  }
  try {
    return findProject(context, name, selection) ?? (await getProject(context, name));
  } catch (error) {
    const { hasValue, project } = await combine(reads);
    if (!hasValue) throw error;
    return { ...named, ...project, ref: name };
  }
}

/**
 * Reads all items in parallel. A failed read becomes an error at the item's index in the response.
 */
export async function allSettledInPlace<Item, Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<Value>,
): Promise<Value[]> {
  const settled = await Promise.allSettled(items.map(async (item) => read(item)));
  // graphql-js maps an Error in a list to an error at the path of that item.
  return settled.map((result) => (result.status === 'fulfilled' ? result.value : result.reason));
}

/** Throws BAD_USER_INPUT if a list argument has more than `max` items. */
export function checkListSize(items: readonly unknown[], max: number, argument: string): void {
  if (items.length <= max) return;
  throw badUserInput(`${argument} takes at most ${max} items, not ${items.length}.`);
}
