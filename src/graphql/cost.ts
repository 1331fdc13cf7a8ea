import {
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { Context } from '../context/context.ts';
import type { Loaders } from '../context/loaders.ts';
import { windowsOf } from '../gitlab/lists/jobs-by-id-plan.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import { MAX_ERRORS } from './client-errors.ts';
import { isNumericId, type NodeRef } from './global-id.ts';
import {
  perSelection,
  type SelectedBelow,
  type SelectedField,
  type Selection,
  selectionOfOperation,
  type Variables,
} from './selection.ts';

/*
 * The calls to GitLab that a selection needs. Each field declares next to its resolver where its
 * value comes from (`extensions: costs({ … })`). A field without a declaration is part of the REST
 * row of its object. This file uses the declarations to
 * - plan the reads for an object (`planRead`, used by read-planner.ts);
 * - estimate the calls of an operation before it runs (`createCostEstimate`);
 * - add a sentence about calls to the description of a field (`describeCosts`).
 */

/**
 * A call that returns values of an object: the loader that makes it, the POST of a mutation, or the
 * poll of a subscription. Fields of one object that need the same call share it.
 */
export type Call = keyof Loaders | 'write' | 'poll';

/**
 * The values of an object that are known without a further call:
 * - `path`, `number`, `path and number`: its id, and the path or numeric id of its project;
 * - `list`: also those that the rows of its lists contain, such as `project_id` in `Pipeline.jobs`;
 * - `job`, `pipeline`: those that the row of a job or pipeline contains;
 * - `own`: all that the object's own GET returns.
 */
export type Knowledge = 'path' | 'number' | 'path and number' | 'list' | 'job' | 'pipeline' | 'own';

/** An object that arguments identify. Without `project`, it is in the project of the parent object. */
export interface NamedObject {
  type: NodeRef['type'];
  project?: string;
  pipeline?: string;
  id?: string;
}

/** The calls of a paged list. For arguments that the resolver rejects, any number will do. */
export interface ListCost {
  pages(args: Record<string, unknown>, selection: Selection): number;
  /** The maximum number of rows. */
  rows(args: Record<string, unknown>): number;
  readsRows(selection: Selection): boolean;
}

/** Where the value of a field comes from, and what it costs. */
export interface FieldCost {
  /** The call that returns the value. @default the call that returns the object's row */
  call?: Call;
  /** The kinds of knowledge that include the value. The object's row always does. */
  knownBy?: readonly Knowledge[];
  /** What is known of the object that the field returns. @default 'own' */
  leadsTo?: Knowledge;
  /**
   * A further call after which more is known of the returned object. Made only if the selection
   * below needs it.
   */
  improvedBy?: { call: Call; leadsTo: Knowledge };
  /** All objects of one pipeline or project share one value. @default each object has its own */
  sharedBy?: 'pipeline' | 'project';
  /** Each object has its own value, which may belong to another project. */
  isForeign?: boolean;
  list?: ListCost;
  /** Returns the objects that the arguments identify; undefined for one that cannot be parsed. */
  names?(
    args: Record<string, unknown>,
    webUrls: readonly string[],
  ): readonly (NamedObject | undefined)[];
  /** Whether the object certainly exists, so that no call checks it. */
  exists?: boolean;
  /** What is known of the parent object once the rows of this field were read. */
  reveals?: Knowledge;
  /** Starts the read of this field early, while its parent object is still being read. */
  start?(
    context: Context,
    parent: NamedParent,
    field: SelectedBelow & { args: Record<string, unknown> },
  ): Promise<unknown>;
}

/** The object that a field is selected on, as the request identifies it. A project has an empty `id`. */
export interface NamedParent {
  project: string;
  id: string;
}

/** Declares the cost of a field, for its `extensions`. */
export function costs(cost: FieldCost): { cost: FieldCost } {
  return { cost };
}

const free: FieldCost = {};

/** Returns the declared cost of a field. */
export function costOfField({ extensions }: Pick<GraphQLField<unknown, unknown>, 'extensions'>) {
  return (extensions['cost'] as FieldCost | undefined) ?? free;
}

/** Parses each item into the object that it identifies; undefined for one that cannot be parsed. */
export function parseNames<Item>(
  items: readonly Item[],
  parse: (item: Item) => NamedObject,
): (NamedObject | undefined)[] {
  return items.map((item) => {
    try {
      return parse(item);
    } catch {
      return undefined;
    }
  });
}

/** The object's own GET, by type. Arguments and ids can identify objects of these types. */
const ownCalls: Readonly<Record<string, Call>> = {
  Job: 'job',
  Bridge: 'bridge',
  Pipeline: 'pipeline',
  Project: 'project',
} satisfies Record<NodeRef['type'], Call>;

const named: ReadonlySet<Knowledge> = new Set(['path', 'number', 'path and number']);
const isNamed = (known: Knowledge) => named.has(known);

/** Returns whether `known` is one of the kinds in `knownBy`. */
function isAmong(knownBy: readonly Knowledge[], known: Knowledge): boolean {
  if (known !== 'path and number') return knownBy.includes(known);
  return knownBy.includes('path') || knownBy.includes('number');
}

/** Returns what is known of an object before it is read. `project` is a path or a numeric id. */
export const knowledgeOf = (project: string): Knowledge =>
  isNumericId(project) ? 'number' : 'path';

/** Returns whether a field makes calls of its own, whatever is known of its object. */
const hasOwnReads = ({ list, names }: FieldCost) => list !== undefined || names !== undefined;

function isKnown(type: string, field: SelectedField, known: Knowledge): boolean {
  const { call, knownBy = [], leadsTo } = costOfField(field.definition);
  if (call && call !== ownCalls[type]) return false;
  const isInRow = known === 'own' || (!call && (known === 'job' || known === 'pipeline'));
  if (!isInRow && !isAmong(knownBy, known)) return false;
  // Without its row, this object only identifies the object that the field returns. If that object
  // then needs a read, and this object's row would make it unnecessary, this object's row is read.
  return (
    !leadsTo ||
    !isNamed(known) ||
    field.types.every((target) => {
      const selection = field.fieldsOn(target);
      const { own, awaitsRows } = planRead(target, selection, known);
      return !(own || awaitsRows) || planRead(target, selection, leadsTo).own;
    })
  );
}

/** The reads for an object, without those of its lists and of objects that arguments identify. */
export interface ReadPlan {
  /** Whether the object's own GET is needed. */
  readonly own: boolean;
  /**
   * Whether the reads of fields below the object return its missing values, such as the numeric id of
   * a project. These reads are awaited instead of a GET of the object.
   */
  readonly awaitsRows: boolean;
  /** Other calls that selected fields need. */
  readonly calls: ReadonlySet<Call>;
  /** The selected fields whose reads can be started early. */
  readonly starts: readonly SelectedField[];
}

/**
 * Returns what is known of the parent object once the rows of a field were read; undefined if the
 * field reads no rows.
 */
function revealedBy(field: SelectedField, known: Knowledge): Knowledge | undefined {
  const { list, reveals } = costOfField(field.definition);
  if (!reveals) return undefined;
  const reads = list
    ? list.readsRows(field.fields)
    : field.types.some((type) => planRead(type, field.fieldsOn(type), known).own);
  return reads ? reveals : undefined;
}

/** Returns what unknown values need: calls, and the fields whose values the object's own GET returns. */
function findUnknown(type: string, { list }: Selection, known: Knowledge) {
  const calls = new Set<Call>();
  const fields: SelectedField[] = [];
  for (const field of list) {
    const cost = costOfField(field.definition);
    if (cost.improvedBy && isImproved(field)) calls.add(cost.improvedBy.call);
    if (cost.improvedBy || hasOwnReads(cost) || isKnown(type, field, known)) continue;
    if (cost.call && cost.call !== ownCalls[type]) calls.add(cost.call);
    else fields.push(field);
  }
  return { calls, fields };
}

/**
 * Returns whether to read an object only to check that it exists, so that the field is null if it
 * does not. Projects are not checked.
 */
const isChecked = (type: string, known: Knowledge, exists: boolean) =>
  isNamed(known) && !exists && type !== 'Project' && type in ownCalls;

function makePlan(
  type: string,
  selection: Selection,
  { known, exists }: { known: Knowledge; exists: boolean },
): ReadPlan {
  const { list } = selection;
  const { calls, fields } = findUnknown(type, selection, known);
  const revealed = isNamed(known) ? list.flatMap((field) => revealedBy(field, known) ?? []) : [];
  const isOwn = fields.some(
    (field) => !revealed.some((knowledge) => isKnown(type, field, knowledge)),
  );
  const awaitsRows = fields.length > 0 && !isOwn;
  const isRead =
    awaitsRows ||
    calls.size > 0 ||
    list.some(({ definition }) => hasOwnReads(costOfField(definition)));
  return {
    own: isOwn || (!isRead && isChecked(type, known, exists)),
    awaitsRows,
    calls,
    starts: list.filter(({ definition }) => costOfField(definition).start),
  };
}

const plansOf = perSelection(() => new Map<string, ReadPlan>());

/**
 * Plans the reads for an object of a type. With `exists`, nothing is read only to check that the
 * object exists. Computed once per selection.
 */
export function planRead(
  type: string,
  selection: Selection,
  known: Knowledge,
  exists = false,
): ReadPlan {
  const plans = plansOf(selection);
  const key = exists ? `${type} ${known} exists` : `${type} ${known}`;
  const plan = plans.get(key) ?? makePlan(type, selection, { known, exists });
  plans.set(key, plan);
  return plan;
}

/** Returns whether the selection below a field needs the additional call `improvedBy.call`. */
function isImproved(field: SelectedField): boolean {
  const { improvedBy, leadsTo = 'own' } = costOfField(field.definition);
  return field.types.some(
    (type) =>
      improvedBy &&
      needsMore(type, field.fieldsOn(type), { from: leadsTo, to: improvedBy.leadsTo }),
  );
}

/** Returns whether a selection has a field whose value `to` includes and `from` does not. */
export function needsMore(
  type: string,
  { list }: Selection,
  { from, to }: { from: Knowledge; to: Knowledge },
): boolean {
  return list.some((field) => !isKnown(type, field, from) && isKnown(type, field, to));
}

/** How many objects a position in an operation has, in how many distinct pipelines and projects. */
interface Multiplicity {
  objects: number;
  pipelines: number;
  projects: number;
}

const spread = (count: number): Multiplicity => ({
  objects: count,
  pipelines: count,
  projects: count,
});

const one = spread(1);

const times = (at: Multiplicity, factor: Multiplicity): Multiplicity => ({
  objects: at.objects * factor.objects,
  pipelines: at.objects * factor.pipelines,
  projects: at.objects * factor.projects,
});

/** An argument that multiplies the calls of an operation, such as `first` of `project.jobs`. */
export interface CostlyArgument {
  readonly name: string;
  /** The names of the fields from the root to the field of the argument, joined by dots. */
  readonly field: string;
}

interface Request {
  /** The number of ids, paths and URLs that could not be parsed so far. */
  malformed: number;
  variableValues: Variables;
  webUrls: readonly string[];
  /** Called for each argument that multiplies calls, with its value (`size`) and the calls it causes. */
  report?(argument: CostlyArgument, effect: { calls: number; size: number }): void;
}

/** Counts the calls at a position in an operation. A position without calls has no such function. */
type Count = (at: Multiplicity, request: Request) => number;

function total(counts: readonly (Count | undefined)[]): Count | undefined {
  const costly = counts.filter((count) => count !== undefined);
  if (costly.length < 2) return costly[0];
  return (at, request) => costly.reduce((sum, count) => sum + count(at, request), 0);
}

function calls(number: number): Count | undefined {
  return number > 0 ? ({ objects }) => number * objects : undefined;
}

/** Returns the multiplicity for objects of a type. Each Pipeline or Project counts as distinct. */
function within(type: string, at: Multiplicity): Multiplicity {
  if (type === 'Pipeline') return { ...at, pipelines: at.objects };
  return type === 'Project' ? spread(at.objects) : at;
}

/** The names of the fields from the root down to a field. */
type Path = readonly string[];

/** Counts the calls for objects of a type: their own GETs, and the calls of the fields below. */
function countOn(
  type: string,
  selection: Selection,
  { known, exists, path }: { known: Knowledge; exists?: boolean | undefined; path: Path },
): Count | undefined {
  const plan = planRead(type, selection, known, exists);
  return total([calls(Number(plan.own)), countRest(type, selection, { known, plan, path })]);
}

/** Counts the calls for an object besides its own GET. */
function countRest(
  type: string,
  selection: Selection,
  { known, plan, path }: { known: Knowledge; plan: ReadPlan; path: Path },
): Count | undefined {
  const here = plan.own && known !== 'job' ? 'own' : known;
  const naming = selection.list.filter(({ definition }) => costOfField(definition).names);
  const rest = total([
    calls(plan.calls.size),
    naming.length > 0 ? countNamed(naming, { known, path }) : undefined,
    ...selection.list.map((field) => {
      const { list, names } = costOfField(field.definition);
      if (names) return undefined;
      const below = [...path, field.name];
      return list ? countList(field, list, below) : countTargets(field, here, below);
    }),
  ]);
  return rest && ((at, request) => rest(within(type, at), request));
}

/** Returns what is known of the object that a field of an object returns. */
function knownBelow(field: SelectedField, known: Knowledge): Knowledge {
  const { leadsTo = 'own', improvedBy } = costOfField(field.definition);
  if (isNamed(known) && leadsTo !== 'own') return known;
  // The row of a job contains more of the project than the row of a pipeline.
  if (known === 'job' && leadsTo === 'pipeline') return known;
  return improvedBy && isImproved(field) ? improvedBy.leadsTo : leadsTo;
}

/** Counts the calls below a field: the maximum over the types that its value may have. */
function countTargets(field: SelectedField, known: Knowledge, path: Path): Count | undefined {
  const { exists, sharedBy, isForeign } = costOfField(field.definition);
  const target = { known: knownBelow(field, known), exists, path };
  const counts = field.types.flatMap((type) => countOn(type, field.fieldsOn(type), target) ?? []);
  if (counts.length === 0) return undefined;
  return (at, request) => {
    let here = at;
    if (sharedBy) here = { ...at, objects: sharedBy === 'pipeline' ? at.pipelines : at.projects };
    if (isForeign) here = spread(at.objects);
    return Math.max(...counts.map((count) => count(here, request)));
  };
}

/**
 * Counts the calls of a list and of its rows. All rows of a list count as one pipeline and project,
 * because the number of distinct ones is unknown.
 */
function countList(field: SelectedField, { pages, rows }: ListCost, path: Path): Count {
  const below = countTargets(field, 'own', path);
  return (at, request) => {
    const args = field.argumentsFor(request.variableValues);
    const own = at.objects * pages(args, field.fields);
    const here = { ...at, objects: at.objects * rows(args) };
    const count = own + (below?.(here, request) ?? 0);
    const name = args['last'] == null ? 'first' : 'last';
    request.report?.({ name, field: path.join('.') }, { calls: count, size: rows(args) });
    return count;
  };
}

const distinct = (objects: readonly NamedObject[], keyOf: (object: NamedObject) => string) =>
  new Set(objects.map(keyOf)).size;

const projectOf = ({ project = '' }: NamedObject) => project;
const pipelineOf = ({ project, pipeline }: NamedObject) => `${project}/${pipeline}`;
const idOf = ({ project, pipeline, id }: NamedObject) => `${project}/${pipeline}/${id}`;

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

/** Counts the reads of jobs by id as jobs-by-id.ts plans them: by windows of ids per project. */
function countJobReads(jobs: readonly NamedObject[]): number {
  return groupBy(jobs, projectOf).reduce((sum, group) => {
    const { pages, singles } = windowsOf(group.map(({ id = '0' }) => BigInt(id)));
    return sum + pages.length + singles.length;
  }, 0);
}

const ownReads: Readonly<Record<NodeRef['type'], (objects: readonly NamedObject[]) => number>> = {
  Job: countJobReads,
  Bridge: (objects) => distinct(objects, pipelineOf),
  Pipeline: (objects) => distinct(objects, idOf),
  Project: (objects) => distinct(objects, projectOf),
};

function multiplicityOf(type: NodeRef['type'], objects: readonly NamedObject[]): Multiplicity {
  if (objects.length === 1) return one;
  const projects = distinct(objects, projectOf);
  const pipelines = type === 'Bridge' ? distinct(objects, pipelineOf) : projects;
  return { objects: distinct(objects, idOf), pipelines, projects };
}

/** Thrown for more malformed ids, paths and URLs than a response reports; nothing is executed. */
export class MalformedNamesError extends GraphQLError {
  constructor() {
    const http = { status: 400, onlyNewMediaType: true };
    super(`More than ${MAX_ERRORS} ids, paths or addresses of the operation are malformed.`, {
      extensions: { code: 'BAD_USER_INPUT', http },
    });
  }
}

/** The objects that the arguments of a field identify, and the calls for them. */
interface NamedObjects {
  count: number;
  /** The objects that are read by their own GET. */
  read: readonly NamedObject[];
  /** The calls for them besides those GETs. */
  rest: number;
}

/** Prepares the count for a field whose arguments identify objects. */
function createNamedCount(
  field: SelectedField,
  { known: parent, path }: { known: Knowledge; path: Path },
): (at: Multiplicity, request: Request) => NamedObjects {
  const { exists, names } = costOfField(field.definition);
  const plans = new Map<string, { own: boolean; rest: Count | undefined }>();
  const planOf = (type: string, known: Knowledge) => {
    const key = `${type} ${known}`;
    const made = plans.get(key);
    if (made) return made;
    const selection = field.fieldsOn(type);
    const plan = planRead(type, selection, known, exists);
    const fresh = { own: plan.own, rest: countRest(type, selection, { known, plan, path }) };
    plans.set(key, fresh);
    return fresh;
  };
  const knownOf = ({ project }: NamedObject) =>
    project === undefined ? (parent === 'path' ? 'path' : 'number') : knowledgeOf(project);
  return (at, request) => {
    const args = field.argumentsFor(request.variableValues);
    const named = names?.(args, request.webUrls) ?? [];
    const objects = named.filter((object) => object !== undefined);
    request.malformed += named.length - objects.length;
    if (request.malformed > MAX_ERRORS) throw new MalformedNamesError();
    const groups = groupBy(objects, (object) => `${object.type} ${knownOf(object)}`);
    const parts = groups.map((group) => {
      const [first = { type: 'Job' } as NamedObject] = group;
      const { own, rest } = planOf(first.type, knownOf(first));
      const here = times(at, multiplicityOf(first.type, group));
      return { read: own ? group : [], rest: rest?.(here, request) ?? 0 };
    });
    const read = parts.flatMap((part) => part.read);
    const rest = parts.reduce((sum, part) => sum + part.rest, 0);
    const [name] = Object.entries(args).find(([, value]) => Array.isArray(value)) ?? [];
    if (name && request.report) {
      const count = at.objects * countOwnReads(read) + rest;
      request.report({ name, field: path.join('.') }, { calls: count, size: objects.length });
    }
    return { count: objects.length, read, rest };
  };
}

/** Counts the GETs of objects. Jobs of one project share calls, even if different fields request them. */
function countOwnReads(objects: readonly NamedObject[]): number {
  if (objects.length < 2) return objects.length;
  return groupBy(objects, ({ type }) => type).reduce((sum, group) => {
    const [{ type } = { type: 'Job' as const }] = group;
    return sum + ownReads[type](group);
  }, 0);
}

/** Counts the calls for the objects that the arguments of fields identify. */
function countNamed(
  fields: readonly SelectedField[],
  { known, path }: { known: Knowledge; path: Path },
): Count {
  const counts = fields.map((field) =>
    createNamedCount(field, { known, path: [...path, field.name] }),
  );
  return (at, request) => {
    const parts = counts.map((count) => count(at, request));
    const own = at.objects * countOwnReads(parts.flatMap(({ read }) => read));
    // At least one call per 100 objects is counted, even if one id is repeated and costs one call:
    // the response is as long as that of a list.
    const leastPages = Math.floor(parts.reduce((sum, { count }) => sum + count, 0) / MAX_PER_PAGE);
    return Math.max(
      leastPages,
      parts.reduce((sum, { rest }) => sum + rest, own),
    );
  };
}

/** The fragments of a document by name, and its schema. */
interface Document {
  schema: GraphQLSchema;
  fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** Returns the names of the variables that decide which fields are included. */
function conditionNames(operation: OperationDefinitionNode, { fragments }: Document): string[] {
  const names = new Set<string>();
  for (const definition of [operation, ...Object.values(fragments)]) {
    visit(definition, {
      Directive({ arguments: args = [] }) {
        for (const { value } of args) if (value.kind === 'Variable') names.add(value.name.value);
      },
    });
  }
  return [...names];
}

/**
 * The counts of an operation are cached for each combination of the variables in its @skip and
 * @include. An operation with more of these variables is analyzed for each request.
 */
const MAX_CONDITIONS = 4;

/** Estimates the calls of an operation. `variableValues` are coerced. */
export interface CostEstimate {
  /** Returns the number of calls. */
  calls(variableValues: Variables, webUrls: readonly string[]): number;
  /** Returns the argument that saves most calls if it is lowered; undefined if there is none. */
  costliestArgument(
    variableValues: Variables,
    webUrls: readonly string[],
  ): CostlyArgument | undefined;
}

/**
 * Prepares the estimate of how many calls to GitLab an operation, or one event of a subscription,
 * makes. Computed once per operation; the returned functions evaluate only arguments. They throw a
 * GraphQLError for an invalid argument, and MalformedNamesError.
 *
 * The estimate excludes retries, and calls whose number depends on the rows: `pipeline { duration }`
 * of a list of jobs counts once, however many pipelines the jobs have. The call budget limits these
 * calls while the operation runs.
 */
export function createCostEstimate(
  operation: OperationDefinitionNode,
  document: Document,
): CostEstimate {
  const type = document.schema.getRootType(operation.operation)?.name ?? '';
  const conditions = conditionNames(operation, document);
  const byConditions = new Map<string, Count>();
  const root = { known: 'own', path: [] } as const;
  const countOf = (variableValues: Variables): Count => {
    const scope = { ...document, variableValues };
    const { list, ...rest } = selectionOfOperation(operation, scope);
    // Root fields of a mutation share no reads: each one clears the loaders.
    const parts =
      operation.operation === 'mutation'
        ? list.map((field) => ({ ...rest, list: [field] }))
        : [{ ...rest, list }];
    return total(parts.map((selection) => countOn(type, selection, root))) ?? (() => 0);
  };
  const count = (variableValues: Variables, request: Omit<Request, 'malformed'>) => {
    const key = JSON.stringify(conditions.map((name) => variableValues[name]));
    const known = byConditions.get(key) ?? countOf(variableValues);
    if (conditions.length <= MAX_CONDITIONS) byConditions.set(key, known);
    return known(one, { malformed: 0, ...request });
  };
  return {
    calls: (variableValues, webUrls) => count(variableValues, { variableValues, webUrls }),
    costliestArgument(variableValues, webUrls) {
      let found: CostlyArgument | undefined;
      let highest = 0;
      const report: Request['report'] = (argument, { calls: number, size }) => {
        // The calls that would be saved if the argument were 1, or a list of one item.
        const saved = number - number / Math.max(1, size);
        if (saved > highest) [found, highest] = [argument, saved];
      };
      count(variableValues, { variableValues, webUrls, report });
      return found;
    },
  };
}

/** Where a project or pipeline was selected, in words for a description. */
const origins: readonly (readonly [Knowledge, string])[] = [
  ['path', 'requested by path'],
  ['number', 'requested by numeric id'],
  ['job', 'reached from a job'],
  ['pipeline', 'reached from a pipeline'],
];

/** By type: the origins for which some fields need the object's own GET. */
const originsOf: Readonly<Record<string, readonly Knowledge[]>> = {
  Pipeline: ['job'],
  Project: ['path', 'number', 'job', 'pipeline'],
};

/** Returns the sentence about the calls that a field costs, if its declaration implies one. */
export function sentenceAboutCost(type: string, cost: FieldCost): string | undefined {
  const { call, knownBy = [], list } = cost;
  if (list) return `Costs one call per ${MAX_PER_PAGE} rows.`;
  if (!call || call === 'write' || call === 'poll') return undefined;
  if (call !== ownCalls[type]) return 'Costs one call.';
  const all = origins.filter(([origin]) => originsOf[type]?.includes(origin));
  const costly = all.filter(([origin]) => !knownBy.includes(origin));
  const object = type.toLowerCase();
  if (costly.length === all.length && all.length > 1) return `Costs one call per ${object}.`;
  const words = costly.map(([, word]) => word).join(' or ');
  const unless = knownBy.includes('job') ? ', unless one of its jobs is selected below' : '';
  return `Costs one call per ${object} ${words}${unless}.`;
}

/** Adds the sentence about calls to the descriptions of all fields that declare a cost. */
export function describeCosts(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(type instanceof GraphQLObjectType)) continue;
    for (const field of Object.values(type.getFields())) {
      const sentence = sentenceAboutCost(type.name, costOfField(field));
      if (sentence) field.description = `${field.description} ${sentence}`;
    }
  }
  return schema;
}
