import { correctRetryable, correctStatus, keepOverNull } from './attempts.ts';

/** An event of `pipelineUpdated`, with the fields that the subscription selects. */
export interface PipelineUpdate {
  readonly pipeline?: object;
  readonly changedJobs?: readonly object[];
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => Object(value) === value;

const isFields = (value: unknown): value is Fields => isObject(value) && !Array.isArray(value);

/** Fields in which null means "not read". */
const KEPT_OVER_NULL = ['retried', 'retryable'];

/** Objects by id. */
type Objects = ReadonlyMap<unknown, Fields>;

/** Returns all objects that have an id, at any depth of `value`, by id. */
function objectsIn(value: unknown, found = new Map<unknown, Fields>()): Map<unknown, Fields> {
  if (!isObject(value)) return found;
  const { id } = value;
  // A job is an item of its own `attempts`. The fields of the outer object take precedence.
  if (id !== undefined) found.set(id, { ...value, ...found.get(id) });
  for (const item of Object.values(value)) objectsIn(item, found);
  return found;
}

/** Corrects the fields of a job or pipeline that depend on whether a job has a newer attempt. */
function correct(object: Fields): Fields {
  const { retryable, detailedStatus: status } = object;
  return {
    ...object,
    ...('retryable' in object && { retryable: correctRetryable(retryable, object) }),
    ...(isFields(status) && { detailedStatus: correctStatus(status, object) }),
  };
}

/**
 * Returns the known object that an item of a received list updates; undefined if there is none.
 * First searches `known`, the list that the received list replaces, for the item's id, or for its
 * name if it has no id. Then searches `objects`, all known objects, for the id.
 */
function counterpart(item: unknown, known: unknown, objects: Objects): unknown {
  if (!isFields(item)) return undefined;
  const key = item['id'] === undefined ? 'name' : 'id';
  const isSame = (other: unknown) =>
    isFields(other) && other[key] !== undefined && other[key] === item[key];
  const inPlace = Array.isArray(known) ? known.find(isSame) : undefined;
  return inPlace ?? objects.get(item['id']);
}

function merge(known: unknown, received: unknown, objects: Objects): unknown {
  if (Array.isArray(received)) {
    return received.map((item) => merge(counterpart(item, known, objects), item, objects));
  }
  if (!isFields(received)) return received;
  const { id } = received;
  const inPlace = isFields(known) && (id === undefined || known['id'] === id) ? known : undefined;
  const before = inPlace ?? objects.get(id);
  const mergeField = ([name, value]: [string, unknown]) => {
    const merged = merge(before?.[name], value, objects);
    return [name, KEPT_OVER_NULL.includes(name) ? keepOverNull(before?.[name], merged) : merged];
  };
  const fields = Object.fromEntries(Object.entries(received).map(mergeField));
  return correct({ ...before, ...fields });
}

/** Merges each object of `changed` into all objects in `value` with the same id, at any depth. */
function replace(value: unknown, changed: Objects, objects: Objects): unknown {
  if (Array.isArray(value)) return value.map((item) => replace(item, changed, objects));
  if (!isFields(value)) return value;
  const update = changed.get(value['id']);
  const replaceField = ([name, field]: [string, unknown]) =>
    // Skips fields that `update` has, because `merge` sets them. One such field is `attempts` of a
    // job, which contains the job itself: without the skip, the job in `attempts` would get
    // `attempts`, too.
    [name, update && name in update ? field : replace(field, changed, objects)];
  const own = Object.fromEntries(Object.entries(value).map(replaceField));
  return update ? merge(own, update, objects) : own;
}

/**
 * Merges an event of `pipelineUpdated` into the pipeline that a query returned. Returns a new
 * object and modifies no argument.
 * - A list of the event replaces the list of the query.
 * - An object of the event is merged into its counterpart in the query's result, so fields that the
 *   event does not contain keep their values. The counterpart is the object with the same `id`.
 *   Without an `id`, the counterpart of an item of a list is the item with the same `name` in the
 *   replaced list. For any other object, it is the object in the same field.
 * - Each of `changedJobs` is merged into all objects with the same `id`, at any depth.
 * - A null in `retried` or `retryable` means "not read", and does not replace a known value.
 */
export function applyPipelineUpdate<Pipeline extends object>(
  pipeline: Pipeline,
  { pipeline: received = {}, changedJobs = [] }: PipelineUpdate,
): Pipeline {
  const merged = merge(pipeline, received, objectsIn(pipeline));
  return replace(merged, objectsIn(changedJobs), objectsIn(merged)) as Pipeline;
}
