import type { OperationDefinitionNode } from 'graphql';
import { isNumericId, type NodeRef, parseGlobalId } from './global-id.ts';
import { parseReference } from './reference.ts';
import { type SelectedField, type Selection, selectionOfOperation } from './selection.ts';
import {
  costOf,
  costOfBridge,
  costOfJobById,
  costOfPipelineById,
  costOfProject,
  one,
  PER_PAGE,
  sum,
} from './selection-cost.ts';
import { parseResourceUrl } from './web-url.ts';

/*
 * How many calls to GitLab a whole operation may take: its root fields, and what is read by ids that
 * stand in its arguments. What lies below is selection-cost.ts's.
 */

/** Rows of a page that one id is worth, as in gitlab/by-id/window-plan.ts. */
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
