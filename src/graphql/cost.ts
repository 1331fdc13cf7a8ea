import { type GraphQLField, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import type { Context } from '../context/context.ts';
import type { Loaders } from '../context/loaders.ts';
import { MAX_PER_PAGE } from '../gitlab/lists/page-request.ts';
import { isNumericId, type NodeRef } from './global-id.ts';
import {
  perSelection,
  type SelectedBelow,
  type SelectedField,
  type Selection,
} from './selection.ts';

/*
 * The calls to GitLab that a selection needs. Each field declares next to its resolver which call
 * returns its value (`extensions: costs({ … })`). A field without a declaration is part of the REST
 * row of its object. This file uses the declarations to
 * - plan the reads for an object (`planRead`, used by read-planner.ts and cost-estimate.ts);
 * - add a sentence about calls to the description of a field (`describeCosts`).
 */

/**
 * The name of a call that returns values of an object. It is the name of a loader, `write` for the
 * POST of a mutation, or `poll` for the poll of a subscription. Fields of one object that declare
 * the same call share it.
 */
export type Call = keyof Loaders | 'write' | 'poll';

/**
 * The values of an object that are known without a further call:
 * - `path`, `number`, `path and number`: the object's id, and its project by path, by numeric id,
 *   or by both;
 * - `list`: also the values that the rows of the object's lists contain, such as `project_id` in
 *   the rows of `Pipeline.jobs`;
 * - `job`, `pipeline`: the values in the row of a job or pipeline that contains the object;
 * - `listed`: the values in a row of a list of pipelines;
 * - `own`: all values that the GET of the single object returns;
 * - `board`: as `own`, and the attempts of a job, which a board contains.
 */
export type Knowledge =
  | 'path'
  | 'number'
  | 'path and number'
  | 'list'
  | 'job'
  | 'pipeline'
  | 'listed'
  | 'own'
  | 'board';

/**
 * An object that arguments identify. Without `project`, it belongs to the project of the parent
 * object.
 */
export interface NamedObject {
  type: NodeRef['type'];
  project?: string;
  pipeline?: string;
  id?: string;
}

/** The calls of a list. For arguments that the resolver rejects, the numbers may be wrong. */
export interface ListCost {
  pages(args: Record<string, unknown>, selection: Selection): number;
  /** The maximum number of rows. */
  rows(args: Record<string, unknown>): number;
  /** Returns the name of the argument that limits the rows. */
  limitedBy(args: Record<string, unknown>): string;
  /**
   * Whether the argument that `limitedBy` names is a list: fewer items then cost less.
   * @default false
   */
  isLimitedByItems?(args: Record<string, unknown>): boolean;
  /**
   * The name of a list argument, such as `projects`, that costs one call per item. Set if `pages`
   * depends on the length of this list instead of on the number of rows.
   */
  oneCallPer?: string;
  readsRows(selection: Selection): boolean;
  /** The sentence about calls in the field's description. @default one call per 100 rows */
  sentence?: string;
}

/**
 * Returns the number of rows that an argument requests, clamped to the range from 0 to `max`. The
 * estimate is made before the resolver rejects a number outside of this range. Without the clamp, a
 * negative number would hide the calls of other fields.
 */
export const clampRows = (count: number, max: number): number => Math.min(max, Math.max(0, count));

/** Declares which call returns the value of a field, and what the field costs. */
export interface FieldCost {
  /** The call that returns the value. @default the call that returns the object's row */
  call?: Call;
  /** Whether the call needs values of the object's row, in addition to its id. */
  needsRow?: boolean;
  /**
   * Set if all objects of one pipeline share one result of `call`. @default each object has its own
   */
  callSharedBy?: 'pipeline';
  /** The field needs no call if the knowledge of its parent object is one of these. */
  knownBy?: readonly Knowledge[];
  /** What is known of the object that the field returns, without a call for it. @default 'own' */
  leadsTo?: Knowledge;
  /**
   * A further call that returns more values of the object that the field returns. Made only if the
   * selection below needs them.
   */
  improvedBy?: { call: Call; leadsTo: Knowledge };
  /**
   * Set if the field has one value for all objects of a pipeline or project. @default one per
   * object
   */
  sharedBy?: 'pipeline' | 'project';
  /**
   * Set if the field is a list that may be selected without an argument that limits it, such as
   * `first`. The estimate counts one row per pipeline, because the number of rows is unknown. The
   * call budget limits the calls for further rows.
   */
  unlimitedPer?: 'pipeline';
  /**
   * Set if the value of the field may belong to another pipeline and project than its object. The
   * estimate then counts one pipeline and one project for each object.
   */
  isForeign?: boolean;
  list?: ListCost;
  /** The sentence about calls in the field's description. @default derived from the declaration */
  sentence?: string;
  /** Returns the objects that the arguments identify; undefined for one that cannot be parsed. */
  names?(
    args: Record<string, unknown>,
    webUrls: readonly string[],
  ): readonly (NamedObject | undefined)[];
  /** Whether the object in the field always exists. If so, no call checks its existence. */
  exists?: boolean;
  /** What is known of the parent object after the rows of this field were read. */
  reveals?: Knowledge;
  /**
   * Starts the read of this field while its parent object is still being read. Resolves with the
   * value of the field, or with the rows that were read. A row shows that the parent object exists,
   * and the id and path of its project. For a field with `list`, null or undefined counts as a 404
   * of GitLab. For other fields, null or undefined shows nothing about the parent object.
   */
  start?(
    context: Context,
    parent: NamedParent,
    field: SelectedBelow & { args: Record<string, unknown> },
  ): Promise<unknown>;
}

/**
 * The object that a field is selected on, as the request identifies it. `id` is empty for a
 * project.
 */
export interface NamedParent {
  project: string;
  id: string;
}

/** Declares the cost of a field, for its `extensions`. */
export function costs(cost: FieldCost): { cost: FieldCost } {
  return { cost };
}

const free: FieldCost = {};

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

/** For each type, the call that reads an object by its id. Other types cannot be read by id. */
const ownCalls: Readonly<Record<string, Call>> = {
  Job: 'job',
  Bridge: 'bridge',
  Pipeline: 'pipeline',
  Project: 'project',
} satisfies Record<NodeRef['type'], Call>;

/**
 * The kinds of knowledge that come from a row. The row contains all fields that declare no call.
 */
const rows: ReadonlySet<Knowledge> = new Set(['job', 'pipeline', 'listed']);
const named: ReadonlySet<Knowledge> = new Set(['path', 'number', 'path and number']);
/** Returns whether only the id and the project of an object are known. */
export const isNamed = (known: Knowledge) => named.has(known);

/**
 * Returns whether `known` is in `knownBy`. `path and number` counts as both `path` and `number`.
 */
function isAmong(knownBy: readonly Knowledge[], known: Knowledge): boolean {
  if (known !== 'path and number') return knownBy.includes(known);
  return knownBy.includes('path') || knownBy.includes('number');
}

/** Returns whether all values are known that the GET of the single object returns. */
const hasOwnRow = (known: Knowledge) => known === 'own' || known === 'board';

/** Returns what is known of an object before it is read. `project` is a path or a numeric id. */
export const knowledgeOf = (project: string): Knowledge =>
  isNumericId(project) ? 'number' : 'path';

/** Returns whether a field makes calls that do not depend on what is known of its object. */
const hasOwnReads = ({ list, names }: FieldCost) => list !== undefined || names !== undefined;

function isKnown(type: string, field: SelectedField, known: Knowledge): boolean {
  const { call, knownBy = [], leadsTo } = costOfField(field.definition);
  const isOwn = !call || call === ownCalls[type];
  const isInRow = (isOwn && hasOwnRow(known)) || (!call && rows.has(known));
  if (!isInRow && !isAmong(knownBy, known)) return false;
  // Known ids also identify the object that the field returns, such as the project of a job. So the
  // field is known, unless a read of the job saves the read of the project. For example, for
  // `project { webUrl }`, the job is read, because its row contains the project's URL.
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

/**
 * The calls that an object needs. Excludes the calls of its lists, and calls for objects that
 * arguments identify, such as `project { job(id:) }`.
 */
export interface ReadPlan {
  /** Whether the GET of the single object is needed. */
  readonly own: boolean;
  /**
   * Whether the object waits for the reads of fields below it instead of making its own GET,
   * because these reads return all its missing values. For example, the rows of a project's list of
   * jobs contain the project's numeric id.
   */
  readonly awaitsRows: boolean;
  /** Other calls that selected fields need. Each value is the `callSharedBy` of the fields. */
  readonly calls: ReadonlyMap<Call, FieldCost['callSharedBy']>;
  /** The selected fields whose reads can be started early. */
  readonly starts: readonly SelectedField[];
}

/**
 * Returns what is known of the parent object after the rows of a field were read. Undefined if the
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

/**
 * Returns the call of a field. Undefined if that is the GET of the single object, or if the field
 * declares no call.
 */
const otherCallOf = (type: string, { call }: FieldCost): Call | undefined =>
  call === ownCalls[type] ? undefined : call;

/** Returns whether a field with an unknown value needs the GET of the single object. */
function needsOwnRow(type: string, cost: FieldCost, known: Knowledge): boolean {
  if (hasOwnReads(cost) || otherCallOf(type, cost)) return Boolean(cost.needsRow) && isNamed(known);
  return true;
}

/**
 * Finds the selected fields with unknown values. Returns the calls that they need, and the `fields`
 * that need the GET of the single object.
 */
function findUnknown(type: string, { list }: Selection, known: Knowledge) {
  const calls = new Map<Call, FieldCost['callSharedBy']>();
  const fields: SelectedField[] = [];
  for (const field of list) {
    const cost = costOfField(field.definition);
    if (cost.improvedBy && isImproved(field)) calls.set(cost.improvedBy.call, undefined);
    if (cost.improvedBy || isKnown(type, field, known)) continue;
    const call = otherCallOf(type, cost);
    if (call) calls.set(call, cost.callSharedBy);
    // An object whose type is not in `ownCalls` cannot be read alone: it is part of the row of its
    // parent object.
    if (type in ownCalls && needsOwnRow(type, cost, known)) fields.push(field);
  }
  return { calls, fields };
}

/**
 * Returns whether to read an object only to check that it exists. If it does not exist, the field
 * that returns the object is null. Projects are not checked.
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
 * Plans the reads for an object of a type. If `exists` is true, no call is made only to check that
 * the object exists. The plan is computed once per selection.
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
export function isImproved(field: SelectedField): boolean {
  const { improvedBy, leadsTo = 'own' } = costOfField(field.definition);
  return field.types.some(
    (type) =>
      improvedBy &&
      needsMore(type, field.fieldsOn(type), { from: leadsTo, to: improvedBy.leadsTo }),
  );
}

/**
 * Returns whether a selected field needs more knowledge of its object than `from`, and `to` is
 * enough for it.
 */
export function needsMore(
  type: string,
  { list }: Selection,
  { from, to }: { from: Knowledge; to: Knowledge },
): boolean {
  return list.some((field) => !isKnown(type, field, from) && isKnown(type, field, to));
}

/** Phrases for descriptions of fields. Each says how the object was reached. */
const origins: readonly (readonly [Knowledge, string])[] = [
  ['path', 'requested by path'],
  ['number', 'requested by numeric id'],
  ['job', 'reached from a job'],
  ['pipeline', 'reached from a pipeline'],
  ['listed', 'in a list of pipelines'],
];

/** For each type, the kinds of knowledge with which some fields cost a GET of the single object. */
const originsOf: Readonly<Record<string, readonly Knowledge[]>> = {
  Pipeline: ['job', 'listed'],
  Project: ['path', 'number', 'job', 'pipeline'],
};

/** Returns the sentence about the calls of a field; undefined if its declaration implies none. */
export function sentenceAboutCost(type: string, cost: FieldCost): string | undefined {
  const { call, callSharedBy, knownBy = [], list, sentence } = cost;
  if (sentence) return sentence;
  if (list) return list.sentence ?? `Costs one call per ${MAX_PER_PAGE} rows.`;
  if (!call || call === 'write' || call === 'poll') return undefined;
  if (callSharedBy) return `Costs one call per ${callSharedBy}, and none below a board.`;
  if (call !== ownCalls[type]) return 'Costs one call.';
  const all = origins.filter(([origin]) => originsOf[type]?.includes(origin));
  const costly = all.filter(([origin]) => !knownBy.includes(origin));
  const object = type.toLowerCase();
  if (costly.length === all.length && all.length > 1) return `Costs one call per ${object}.`;
  const words = costly.map(([, word]) => word).join(' or ');
  const below = knownBy.includes('pipeline') ? 'jobs or pipelines' : 'jobs';
  const unless = knownBy.includes('job') ? `, unless one of its ${below} is selected below` : '';
  return `Costs one call per ${object} ${words}${unless}.`;
}

/** Adds to the description of each field of an object type its sentence about calls, if any. */
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
