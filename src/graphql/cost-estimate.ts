import {
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { windowsOf } from '../gitlab/lists/jobs-by-id-plan.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import { groupBy } from '../util/collections.ts';
import { MAX_ERRORS } from './client-errors.ts';
import {
  costOfField,
  isImproved,
  isNamed,
  type Knowledge,
  knowledgeOf,
  type ListCost,
  type NamedObject,
  planRead,
  type ReadPlan,
} from './cost.ts';
import type { NodeRef } from './global-id.ts';
import {
  type SelectedField,
  type Selection,
  selectionOfOperation,
  type Variables,
} from './selection.ts';

/*
 * Estimates how many calls to GitLab an operation makes, before it runs. The estimate is derived
 * from the declared costs of the fields and from the plans of their reads (cost.ts).
 */

/**
 * The number of objects at one position in an operation, and the number of their distinct pipelines
 * and projects.
 */
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
  /** Whether its value is a list instead of a number. */
  readonly isList: boolean;
}

interface Request {
  /** The number of ids, paths and URLs that could not be parsed so far. */
  malformed: number;
  variableValues: Variables;
  webUrls: readonly string[];
  /**
   * Called for each argument that multiplies calls. `calls` are the calls that it causes. `size` is
   * its value, or the length of its list.
   */
  report?(argument: CostlyArgument, effect: { calls: number; size: number }): void;
}

/**
 * Returns the number of calls at one position in an operation. For a position without calls, there
 * is no function (`undefined`).
 */
type Count = (at: Multiplicity, request: Request) => number;

function total(counts: readonly (Count | undefined)[]): Count | undefined {
  const costly = counts.filter((count) => count !== undefined);
  if (costly.length < 2) return costly[0];
  return (at, request) => costly.reduce((sum, count) => sum + count(at, request), 0);
}

function calls(number: number, per: keyof Multiplicity = 'objects'): Count | undefined {
  return number > 0 ? (at) => number * at[per] : undefined;
}

/**
 * Returns the numbers of objects, pipelines and projects to count below objects of a type. Each
 * object of type Pipeline is a distinct pipeline, and each object of type Project is a distinct
 * project.
 */
function within(type: string, at: Multiplicity): Multiplicity {
  if (type === 'Pipeline') return { ...at, pipelines: at.objects };
  return type === 'Project' ? spread(at.objects) : at;
}

/** The names of the fields from the root down to a field. */
type Path = readonly string[];

/**
 * Counts the calls for objects of a type: the GET of each object, and the calls of the fields
 * below.
 */
function countOn(
  type: string,
  selection: Selection,
  { known, exists, path }: { known: Knowledge; exists?: boolean | undefined; path: Path },
): Count | undefined {
  const plan = planRead(type, selection, known, exists);
  return total([calls(Number(plan.own)), countRest(type, selection, { known, plan, path })]);
}

/** Counts the calls for objects of a type, except the GET of each object. */
function countRest(
  type: string,
  selection: Selection,
  { known, plan, path }: { known: Knowledge; plan: ReadPlan; path: Path },
): Count | undefined {
  const here = plan.own && known !== 'job' ? 'own' : known;
  const shared = [...plan.calls.values()].filter((sharedBy) => sharedBy === 'pipeline').length;
  const naming = selection.list.filter(({ definition }) => costOfField(definition).names);
  const rest = total([
    calls(plan.calls.size - shared),
    calls(shared, 'pipelines'),
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

/** Returns which values of the object in a field are known without a call for that object. */
function knownBelow(field: SelectedField, known: Knowledge): Knowledge {
  const { leadsTo = 'own', improvedBy } = costOfField(field.definition);
  if (isNamed(known) && leadsTo !== 'own') return known;
  // The row of a job contains more values of the project than the row of a pipeline.
  if (known === 'job' && leadsTo === 'pipeline') return known;
  return improvedBy && isImproved(field) ? improvedBy.leadsTo : leadsTo;
}

/** Counts the calls below a field: the maximum over the types that its value may have. */
function countTargets(field: SelectedField, known: Knowledge, path: Path): Count | undefined {
  const { exists, sharedBy, unlimitedPer, isForeign } = costOfField(field.definition);
  const onePer = sharedBy ?? unlimitedPer;
  const target = { known: knownBelow(field, known), exists, path };
  const counts = field.types.flatMap((type) => countOn(type, field.fieldsOn(type), target) ?? []);
  if (counts.length === 0) return undefined;
  return (at, request) => {
    let here = at;
    if (onePer) here = { ...at, objects: onePer === 'pipeline' ? at.pipelines : at.projects };
    if (isForeign) here = spread(at.objects);
    return Math.max(...counts.map((count) => count(here, request)));
  };
}

/**
 * Counts the calls of a list and of the fields of its rows. Multiplies only `objects` by the number
 * of rows: how many pipelines and projects the rows belong to is unknown before the read.
 */
function countList(field: SelectedField, list: ListCost, path: Path): Count {
  const { pages, rows, limitedBy, isLimitedByItems = () => false, oneCallPer } = list;
  const below = countTargets(field, 'own', path);
  return (at, request) => {
    const args = field.argumentsFor(request.variableValues);
    const own = at.objects * pages(args, field.fields);
    const here = { ...at, objects: at.objects * rows(args) };
    const count = own + (below?.(here, request) ?? 0);
    const byRows = { name: limitedBy(args), field: path.join('.'), isList: isLimitedByItems(args) };
    request.report?.(byRows, { calls: oneCallPer ? count - own : count, size: rows(args) });
    if (oneCallPer)
      request.report?.({ ...byRows, name: oneCallPer, isList: true }, { calls: own, size: own });
    return count;
  };
}

const distinct = (objects: readonly NamedObject[], keyOf: (object: NamedObject) => string) =>
  new Set(objects.map(keyOf)).size;

const projectOf = ({ project = '' }: NamedObject) => project;
const pipelineOf = ({ project, pipeline }: NamedObject) => `${project}/${pipeline}`;
const idOf = ({ project, pipeline, id }: NamedObject) => `${project}/${pipeline}/${id}`;

/**
 * Counts the calls that read jobs by id. Jobs of one project with close ids share a call
 * (jobs-by-id-plan.ts).
 */
function countJobReads(jobs: readonly NamedObject[]): number {
  return [...groupBy(jobs, projectOf).values()].reduce((sum, group) => {
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

/**
 * Thrown if the number of malformed ids, paths and URLs in an operation is larger than the maximum
 * number of errors in a response.
 */
class MalformedNamesError extends GraphQLError {
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
  /** The objects that must be read by id. `countOwnReads` counts the calls for them. */
  read: readonly NamedObject[];
  /** The number of further calls for the objects of the field. */
  rest: number;
}

/**
 * Returns a function that counts the objects that the arguments of a field identify, and the calls
 * for them.
 */
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
    // Most operations identify one object; skip the grouping for them.
    const groups =
      objects.length === 1
        ? [objects]
        : groupBy(objects, (object) => `${object.type} ${knownOf(object)}`).values();
    const parts = Array.from(groups, (group) => {
      const [first = { type: 'Job' } as NamedObject] = group;
      const { own, rest } = planOf(first.type, knownOf(first));
      const here = times(at, multiplicityOf(first.type, group));
      return { read: own ? group : [], rest: rest?.(here, request) ?? 0 };
    });
    const read = parts.flatMap((part) => part.read);
    const rest = parts.reduce((sum, part) => sum + part.rest, 0);
    const reportedArgs = request.report && Object.entries(args);
    const [name] = reportedArgs?.find(([, value]) => Array.isArray(value)) ?? [];
    if (name && request.report) {
      const count = at.objects * countOwnReads(read) + rest;
      const argument = { name, field: path.join('.'), isList: true };
      request.report(argument, { calls: count, size: objects.length });
    }
    return { count: objects.length, read, rest };
  };
}

/**
 * Counts the GETs of single objects. Jobs of one project with close ids share a call, even if
 * different fields request them.
 */
function countOwnReads(objects: readonly NamedObject[]): number {
  if (objects.length < 2) return objects.length;
  return [...groupBy(objects, ({ type }) => type).values()].reduce((sum, group) => {
    const [{ type } = { type: 'Job' as const }] = group;
    return sum + ownReads[type](group);
  }, 0);
}

/** Counts the calls for the objects that the arguments of all `fields` identify. */
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
    // Counts at least one call per 100 named objects. An id that is repeated 100 times costs only
    // one call to GitLab, but the gateway's response is as long as a list of 100 rows.
    const named = at.objects * parts.reduce((sum, { count }) => sum + count, 0);
    const leastPages = Math.floor(named / MAX_PER_PAGE);
    return Math.max(
      leastPages,
      parts.reduce((sum, { rest }) => sum + rest, own),
    );
  };
}

/** The schema and the fragments that operations are analyzed with. */
interface Document {
  schema: GraphQLSchema;
  fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /**
   * Creates a function that adds up the fields of an operation, and throws if there are too many. A
   * field below an interface counts once for each object type.
   */
  createFieldCounter(): (count: number) => void;
}

/** Returns the names of the variables that decide which fields are included. */
function conditionNames(
  operation: OperationDefinitionNode,
  { fragments }: Pick<Document, 'fragments'>,
): string[] {
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
 * Maximum variables in `@skip` and `@include`. Up to this number, the analysis of an operation is
 * cached for each combination of their values. With more, each request is analyzed.
 */
const MAX_CONDITIONS = 4;

/** Estimates the calls of an operation. `variableValues` are coerced. */
export interface CostEstimate {
  calls(variableValues: Variables, webUrls: readonly string[]): number;
  /**
   * Returns the argument that saves the most calls if it is lowered. Undefined if no argument saves
   * calls.
   */
  costliestArgument(
    variableValues: Variables,
    webUrls: readonly string[],
  ): CostlyArgument | undefined;
}

/**
 * Prepares the estimate of how many calls to GitLab an operation makes. For a subscription,
 * estimates the calls of one event. The analysis of the operation is cached (see MAX_CONDITIONS);
 * later estimates evaluate only arguments. The returned functions throw a GraphQLError for an
 * invalid argument, too many malformed ids, or too many fields.
 *
 * The estimate excludes retries. It counts one call where the number of calls depends on the rows:
 * for example, for `pipeline.duration` below a list of jobs, although each job may have another
 * pipeline. The call budget limits these calls while the operation runs.
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
    const { schema, fragments } = document;
    const countFields = document.createFieldCounter();
    const scope = { schema, fragments, variableValues, countFields };
    const { list, ...rest } = selectionOfOperation(operation, scope);
    // Root fields of a mutation share no reads, because a field that writes clears the loaders.
    const parts =
      operation.operation === 'mutation'
        ? list.map((field) => ({ ...rest, list: [field] }))
        : [{ ...rest, list }];
    return total(parts.map((selection) => countOn(type, selection, root))) ?? (() => 0);
  };
  const count = (variableValues: Variables, request: Omit<Request, 'malformed'>) => {
    const values = conditions.map((name) => variableValues[name]);
    const key = values.length > 0 ? JSON.stringify(values) : '';
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
