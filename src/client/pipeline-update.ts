import { correctRetryable, correctStatus, keepOverNull } from './attempts.ts';

/** An event of `pipelineUpdated`, with what is selected of it. */
export interface PipelineUpdate {
  readonly pipeline?: object;
  readonly changedJobs?: readonly object[];
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => Object(value) === value;

const isFields = (value: unknown): value is Fields => isObject(value) && !Array.isArray(value);

/** Fields whose null means "not read". */
const KEPT_OVER_NULL = ['retried', 'retryable'];

/** Objects by id. */
type Objects = ReadonlyMap<unknown, Fields>;

/** Returns the objects that have an id. */
function objectsIn(value: unknown, found = new Map<unknown, Fields>()): Map<unknown, Fields> {
  if (!isObject(value)) return found;
  const { id } = value;
  // A job is one of its own attempts: the fields of the outer one are kept.
  if (id !== undefined) found.set(id, { ...value, ...found.get(id) });
  for (const item of Object.values(value)) objectsIn(item, found);
  return found;
}

/** Corrects the fields of a job or pipeline that depend on its attempts. */
function correct(object: Fields): Fields {
  const { retryable, detailedStatus: status } = object;
  return {
    ...object,
    ...('retryable' in object && { retryable: correctRetryable(retryable, object) }),
    ...(isFields(status) && { detailedStatus: correctStatus(status, object) }),
  };
}

/** Returns the known counterpart of an item: the one in the list, or elsewhere the one of its id. */
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

/** Merges objects of `changed` into those of their id, wherever they are. */
function replace(value: unknown, changed: Objects, objects: Objects): unknown {
  if (Array.isArray(value)) return value.map((item) => replace(item, changed, objects));
  if (!isFields(value)) return value;
  const news = changed.get(value['id']);
  const replaceField = ([name, field]: [string, unknown]) =>
    // What is received is merged as it is: nothing is put into its own attempts.
    [name, news && name in news ? field : replace(field, changed, objects)];
  const own = Object.fromEntries(Object.entries(value).map(replaceField));
  return news ? merge(own, news, objects) : own;
}

/**
 * Merges an event of `pipelineUpdated` into the pipeline that a query returned. Lists of the event
 * replace those of the query; fields that only the query selects stay, for objects of one `id` (or,
 * without an id, one `name`). `changedJobs` replace jobs anywhere in the pipeline. A null that means
 * "not read" replaces no value. Returns a new object and modifies none.
 */
export function applyPipelineUpdate<Pipeline extends object>(
  pipeline: Pipeline,
  { pipeline: received = {}, changedJobs = [] }: PipelineUpdate,
): Pipeline {
  const merged = merge(pipeline, received, objectsIn(pipeline));
  return replace(merged, objectsIn(changedJobs), objectsIn(merged)) as Pipeline;
}
