import { type ConnectionArgs, MAX_PAGE, pageSizeOf } from './connection.ts';
import type { SelectedField, Selection } from './selection.ts';

/*
 * How many calls to GitLab a selection may take, told before it runs (upstream-cost.ts adds up whole
 * operations). It follows the rules by which reads are planned (reads.ts, connection.ts): what comes
 * with something else is free, a list costs a call for each page of 100, and what hangs on its rows
 * is counted for each.
 *
 * Where the number of calls depends on GitLab's data the worst is taken: each job of a project's list
 * may be of a pipeline of its own. Not counted are repetitions of failed calls, what is asked once to
 * learn what a server can do, and the search for a place in a list that has changed much since its
 * cursor was made. The client's allowance holds what runs to the limit all the same.
 */

/** Things at one place of an operation: how many, and of how many pipelines and projects. */
export interface Place {
  count: number;
  pipelines: number;
  projects: number;
}

/** A single thing. */
export const one: Place = { count: 1, pipelines: 1, projects: 1 };

/** Rows on GitLab's largest page, and ids in the widest window. */
export const PER_PAGE = 100;

/** Fields of a pipeline that a job's JSON does not have: one GET, shared by all of them. */
const pipelineDetails = [
  ...['name', 'beforeSha', 'tag', 'yamlErrors', 'startedAt', 'finishedAt', 'committedAt'],
  ...['duration', 'queuedDuration', 'coverage', 'user'],
];

/** Fields of a project that take a GET of it, by how it was reached. */
const projectDetails = {
  path: ['id', 'databaseId', 'name', 'webUrl', 'ciJobTokenScopeEnabled'],
  number: ['fullPath', 'name', 'webUrl', 'ciJobTokenScopeEnabled'],
  embedded: ['name', 'ciJobTokenScopeEnabled'],
};

const lists = ['jobs', 'bridges'];

/** Adds numbers up. */
export const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);

/** Calls for what is selected on a type, at a place where the things themselves are there already. */
type Cost = (selection: Selection, place: Place) => number;

const costs: Readonly<Record<string, Cost>> = {
  Job: costOfJob,
  Bridge: costOfBridge,
  Pipeline: (selection, place) =>
    Number(selection.has(...pipelineDetails)) * place.count + costBelowPipeline(selection, place),
  Project: (selection, place) => costOfProject(selection, place, 'embedded'),
};

function costOn(type: string, selection: Selection, place: Place): number {
  return costs[type]?.(selection, place) ?? costOfRest(selection.list, place);
}

/** Calls below a field: what it leads to is of one of its types. */
export function costOf(field: SelectedField, place: Place): number {
  return Math.max(0, ...field.types.map((type) => costOn(type, field.fieldsOn(type), place)));
}

function costOfRest(fields: readonly SelectedField[], place: Place): number {
  return sum(fields.map((field) => costOf(field, place)));
}

function costOfJob(selection: Selection, place: Place): number {
  const { pipelines, projects } = place;
  return sum(
    selection.list.map((field) => {
      if (field.name === 'trace') return place.count;
      if (field.name === 'pipeline') return costOf(field, { ...place, count: pipelines });
      return costOf(field, { ...place, count: projects });
    }),
  );
}

/** Calls for what is selected of trigger jobs. */
export function costOfBridge(selection: Selection, place: Place): number {
  const started = { count: place.count, pipelines: place.count, projects: place.count };
  const [downstream, rest] = split(selection.list, ['downstreamPipeline']);
  return costOfRest(downstream, started) + costOfJob({ ...selection, list: rest }, place);
}

function split(fields: readonly SelectedField[], names: readonly string[]) {
  const those = fields.filter(({ name }) => names.includes(name));
  return [those, fields.filter((field) => !those.includes(field))] as const;
}

function costBelowPipeline(selection: Selection, place: Place): number {
  const [below, rest] = split(selection.list, lists);
  const here = { ...place, pipelines: place.count };
  const inLists = below.map((field) => {
    const rows = { ...here, count: place.count * sizeOf(field) };
    return place.count * callsForList(field) + costOfRows(field, rows);
  });
  return sum(inLists) + costOfRest(rest, { ...place, count: place.projects });
}

/** Calls for projects, by how they were reached. */
export function costOfProject(
  selection: Selection,
  { count }: Place,
  known: keyof typeof projectDetails,
): number {
  const own = Number(selection.has(...projectDetails[known])) * count;
  const each = { count, pipelines: count, projects: count };
  const below = selection.list.map((field) => {
    if (field.name === 'job') return costOfJobById(field.fields, each);
    if (field.name === 'pipeline') return costOfPipelineById(field.fields, each);
    if (field.name !== 'jobs') return costOf(field, each);
    const size = count * sizeOf(field);
    const rows = { count: size, pipelines: size, projects: count };
    return count * callsForList(field) + costOfRows(field, rows);
  });
  return own + sum(below);
}

/** Calls for jobs read by id; none for the job itself where only its log is selected. */
export function costOfJobById(selection: Selection, place: Place, reads = place.count): number {
  const needsJob = selection.list.some(({ name }) => name !== 'trace') || !selection.list.length;
  return Number(needsJob) * reads + costOfJob(selection, place);
}

/** Calls for pipelines read by id; none for the pipeline itself where only its lists are selected. */
export function costOfPipelineById(selection: Selection, place: Place): number {
  const needsPipeline =
    selection.list.some(({ name }) => !lists.includes(name)) || !selection.list.length;
  return Number(needsPipeline) * place.count + costBelowPipeline(selection, place);
}

/** How many rows a list may give: none beyond what its resolver will refuse. */
function sizeOf(field: SelectedField): number {
  return Math.min(MAX_PAGE, Math.max(0, pageSizeOf(field.args as ConnectionArgs)));
}

function costOfRows({ fields }: SelectedField, rows: Place): number {
  const edges = fields.below('edges').list;
  const nodes = [...fields.list, ...edges].filter(({ name }) => /^nodes?$/.test(name));
  return costOfRest(nodes, rows);
}

/** Pages, a count where the rows do not bring it along, and one more row to see what lies around. */
function callsForList(field: SelectedField): number {
  const { fields, args } = field;
  if (!fields.has('nodes', 'edges', 'pageInfo')) return 1;
  const { after, last, before, sort } = args as ConnectionArgs & { sort?: string };
  const looksAround = after != null || before != null || last != null || sort === 'ID_ASC';
  const pages = Math.ceil(sizeOf(field) / PER_PAGE);
  return pages + Number(fields.has('totalCount')) + Number(looksAround && fields.has('pageInfo'));
}
