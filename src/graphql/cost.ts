import type { OperationDefinitionNode } from 'graphql';
import { parseReference } from '../federation/entity-keys.ts';
import { type ConnectionArgs, MAX_PAGE, pageSizeOf } from './connection.ts';
import { isNumericId, type NodeRef, parseGlobalId } from './global-id.ts';
import { type SelectedField, type Selection, selectionOfOperation } from './selection.ts';
import { parseResourceUrl } from './web-url.ts';

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
export interface Multiplicity {
  count: number;
  pipelines: number;
  projects: number;
}

/** A single thing. */
export const one: Multiplicity = { count: 1, pipelines: 1, projects: 1 };

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
type Cost = (selection: Selection, place: Multiplicity) => number;

const costs: Readonly<Record<string, Cost>> = {
  Job: costOfJob,
  Bridge: costOfBridge,
  Pipeline: (selection, place) =>
    Number(selection.has(...pipelineDetails)) * place.count + costBelowPipeline(selection, place),
  Project: (selection, place) => costOfProject(selection, place, 'embedded'),
};

function costOn(type: string, selection: Selection, place: Multiplicity): number {
  return costs[type]?.(selection, place) ?? costOfRest(selection.list, place);
}

/** Calls below a field: what it leads to is of one of its types. */
export function costOf(field: SelectedField, place: Multiplicity): number {
  return Math.max(0, ...field.types.map((type) => costOn(type, field.fieldsOn(type), place)));
}

function costOfRest(fields: readonly SelectedField[], place: Multiplicity): number {
  return sum(fields.map((field) => costOf(field, place)));
}

function costOfJob(selection: Selection, place: Multiplicity): number {
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
export function costOfBridge(selection: Selection, place: Multiplicity): number {
  const started = { count: place.count, pipelines: place.count, projects: place.count };
  const [downstream, rest] = split(selection.list, ['downstreamPipeline']);
  return costOfRest(downstream, started) + costOfJob({ ...selection, list: rest }, place);
}

function split(fields: readonly SelectedField[], names: readonly string[]) {
  const those = fields.filter(({ name }) => names.includes(name));
  return [those, fields.filter((field) => !those.includes(field))] as const;
}

function costBelowPipeline(selection: Selection, place: Multiplicity): number {
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
  { count }: Multiplicity,
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
export function costOfJobById(
  selection: Selection,
  place: Multiplicity,
  reads = place.count,
): number {
  const needsJob = selection.list.some(({ name }) => name !== 'trace') || !selection.list.length;
  return Number(needsJob) * reads + costOfJob(selection, place);
}

/** Calls for pipelines read by id; none for the pipeline itself where only its lists are selected. */
export function costOfPipelineById(selection: Selection, place: Multiplicity): number {
  const needsPipeline =
    selection.list.some(({ name }) => !lists.includes(name)) || !selection.list.length;
  return Number(needsPipeline) * place.count + costBelowPipeline(selection, place);
}

/** How many rows a list may give: none beyond what its resolver will refuse. */
function sizeOf(field: SelectedField): number {
  return Math.min(MAX_PAGE, Math.max(0, pageSizeOf(field.args as ConnectionArgs)));
}

function costOfRows({ fields }: SelectedField, rows: Multiplicity): number {
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

/*
 * How many calls to GitLab a whole operation may take: its root fields, and what is read by ids that
 * stand in its arguments. What lies below is selection-cost.ts's.
 */

/** Rows of a page that one id is worth, as in gitlab/lists/jobs-by-id-plan.ts. */
const ROWS_PER_ID = 10;

/**
 * The most reads that jobs of one project take by their ids (window-plan.ts decides later): one page
 * for ids that all lie on it for certain; for others one each, since in the worst case they share none.
 */
function readsOfJobs(ids: readonly string[]): number {
  const numbers = [...new Set(ids)].map(BigInt).sort((a, b) => (a < b ? 1 : -1));
  const windows: bigint[][] = [];
  for (const id of numbers) {
    const window = windows.at(-1);
    if (window?.[0] !== undefined && window[0] - id < BigInt(PER_PAGE)) window.push(id);
    else windows.push([id]);
  }
  const isOnePage = (window: bigint[]) =>
    (window[0] ?? 0n) - (window.at(-1) ?? 0n) < BigInt(window.length * ROWS_PER_ID);
  return sum(windows.map((window) => (isOnePage(window) ? 1 : window.length)));
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

type RefOf<Type extends NodeRef['type']> = Extract<NodeRef, { type: Type }>;

/** Calls for all references to things of one type. */
const costsOfRefs: {
  [Type in NodeRef['type']]: (refs: readonly RefOf<Type>[], selection: Selection) => number;
} = {
  Job(refs, selection) {
    const projects = groupBy(refs, ({ project }) => project);
    const reads = sum(projects.map((group) => readsOfJobs(group.map(({ id }) => id))));
    const place = { count: refs.length, pipelines: refs.length, projects: projects.length };
    return costOfJobById(selection, place, reads);
  },
  Bridge(refs, selection) {
    const pipelines = groupBy(refs, ({ project, pipeline }) => `${project}/${pipeline}`).length;
    const projects = groupBy(refs, ({ project }) => project).length;
    return pipelines + costOfBridge(selection, { count: refs.length, pipelines, projects });
  },
  Pipeline(refs, selection) {
    const count = groupBy(refs, ({ project, id }) => `${project}/${id}`).length;
    const projects = groupBy(refs, ({ project }) => project).length;
    return costOfPipelineById(selection, { count, pipelines: count, projects });
  },
  Project: (refs, selection) =>
    costOfProjects(
      refs.map(({ project }) => project),
      selection,
    ),
};

function costOfProjects(names: readonly string[], selection: Selection): number {
  const known = (name: string) => (isNumericId(name) ? 'number' : 'path');
  const calls = [...new Set(names)].map((name) => costOfProject(selection, one, known(name)));
  return atLeastPages(sum(calls), names);
}

/**
 * However few calls they take, such as for one id over and over: what is asked for by name makes an answer
 * as long as a list does, which costs a call for each page.
 */
function atLeastPages(calls: number, given: readonly unknown[]): number {
  return Math.max(calls, Math.floor(given.length / PER_PAGE));
}

/** References that cannot be read cost nothing: their resolver refuses them. */
function costOfNodes<Given>(
  field: SelectedField,
  given: readonly Given[],
  parse: (given: Given) => NodeRef,
): number {
  const refs = given.flatMap((item) => {
    try {
      return [parse(item)];
    } catch {
      return [];
    }
  });
  const calls = groupBy(refs, ({ type }) => type).map((group) => {
    const type = group[0]?.type ?? 'Job';
    const cost = costsOfRefs[type] as (refs: readonly NodeRef[], of: Selection) => number;
    return cost(group, field.fieldsOn(type));
  });
  return atLeastPages(sum(calls), refs);
}

type RootCost = (field: SelectedField, webUrls: readonly string[]) => number;

/** Root fields that are not simply one call, and what is selected of its answer. */
const rootCosts: Readonly<Record<string, RootCost>> = {
  job: ({ fields }) => costOfJobById(fields, one),
  pipeline: ({ fields }) => costOfPipelineById(fields, one),
  project: ({ args, fields }) => costOfProjects([String(args['fullPath'])], fields),
  projects: ({ args, fields }) => costOfProjects(args['fullPaths'] as string[], fields),
  node: (field) => costOfNodes(field, [field.args['id'] as string], parseGlobalId),
  nodes: (field) => costOfNodes(field, field.args['ids'] as string[], parseGlobalId),
  resource: (field, webUrls) =>
    costOfNodes(field, [field.args['url'] as string], (url) => parseResourceUrl(url, webUrls)),
  _entities: (field, webUrls) =>
    costOfNodes(field, field.args['representations'] as unknown[], (representation) =>
      parseReference(representation, webUrls),
    ),
  _service: () => 0,
  rateLimit: () => 0,
};

/**
 * Estimates how many calls to GitLab an operation takes; for a subscription, one event of it. Throws
 * the GraphQLError of an argument that does not fit.
 */
export function estimateUpstreamCalls(
  operation: OperationDefinitionNode,
  {
    webUrls,
    ...scope
  }: Parameters<typeof selectionOfOperation>[1] & { webUrls: readonly string[] },
): number {
  const isQuery = operation.operation === 'query';
  const roots = selectionOfOperation(operation, scope).list.map((field) => {
    const cost = isQuery ? rootCosts[field.name] : undefined;
    return cost?.(field, webUrls) ?? 1 + costOf(field, one);
  });
  return sum(roots);
}
