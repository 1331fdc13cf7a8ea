import { badUserInput, quote } from '../graphql/client-errors.ts';
import {
  isNumericId,
  type NodeRef,
  parseGlobalId,
  parseNumericId,
  parseProject,
} from '../graphql/global-id.ts';
import { parseResourceUrl } from '../graphql/web-url.ts';

/*
 * References to objects, which a router resolves through `_entities`. The table of keys below is
 * used for the @key directives of the SDL and to parse references.
 */

export type EntityType = NodeRef['type'];

/**
 * Converts the values of a key's fields, in the order in which the key lists them, to a `NodeRef`.
 * `bases` are the base URLs of GitLab's web pages.
 */
type ReadKey = (values: readonly string[], bases: readonly string[]) => NodeRef;

function checkType(ref: NodeRef, type: EntityType): NodeRef {
  if (ref.type === type) return ref;
  throw badUserInput(`The reference has the key of a ${ref.type}; expected the key of a ${type}.`);
}

const byGlobalId =
  (type: EntityType): ReadKey =>
  ([id = '']) =>
    checkType(parseGlobalId(id), type);

const byNumbers =
  (type: 'Job' | 'Pipeline'): ReadKey =>
  ([project = '', id = '']) => ({
    type,
    project: parseNumericId(project, '`projectId`'),
    id: parseNumericId(id, '`databaseId`'),
  });

const byAddress =
  (type: EntityType): ReadKey =>
  ([webUrl = ''], bases) =>
    checkType(parseResourceUrl(webUrl, bases, '`webUrl`'), type);

const projectByPath: ReadKey = ([fullPath = '']) => {
  if (isNumericId(fullPath)) {
    throw badUserInput(
      '`fullPath` must be a path such as "group/project": a number goes with `databaseId`.',
    );
  }
  return { type: 'Project', project: parseProject(fullPath, '`fullPath`') };
};

const projectByNumber: ReadKey = ([databaseId = '']) => ({
  type: 'Project',
  project: parseNumericId(databaseId, '`databaseId`'),
});

/** The keys of each type. If a reference has the fields of several keys, the first key is used. */
const keys: Readonly<Record<EntityType, Readonly<Record<string, ReadKey>>>> = {
  Job: {
    id: byGlobalId('Job'),
    'projectId databaseId': byNumbers('Job'),
    webUrl: byAddress('Job'),
  },
  Bridge: { id: byGlobalId('Bridge') },
  Pipeline: {
    id: byGlobalId('Pipeline'),
    'projectId databaseId': byNumbers('Pipeline'),
    webUrl: byAddress('Pipeline'),
  },
  Project: { id: byGlobalId('Project'), fullPath: projectByPath, databaseId: projectByNumber },
};

/** The types with keys, and their keys in the notation of @key. */
export const entityKeys: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(keys).map(([type, readers]) => [type, Object.keys(readers)]),
);

function describe(type: EntityType): string {
  const choices = Object.keys(keys[type]).map((key) => key.replaceAll(' ', ' and '));
  return `A reference to a ${type} needs ${choices.join(', or ')}.`;
}

/**
 * Returns the value of a key field as a string. The value may be a string, or a whole number up to
 * 2^53 - 1. Throws BAD_USER_INPUT for other values.
 */
function toText(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  if (Number.isSafeInteger(value)) return String(value);
  throw badUserInput(`\`${field}\` of a reference must be text, not ${quote(value)}.`);
}

function isEntityType(name: unknown): name is EntityType {
  return typeof name === 'string' && Object.hasOwn(keys, name);
}

/** Returns a member of a reference; undefined if it is missing or only inherited. */
function memberOf(representation: unknown, name: string): unknown {
  if (typeof representation !== 'object' || representation === null) return undefined;
  return Object.hasOwn(representation, name)
    ? (representation as Record<string, unknown>)[name]
    : undefined;
}

/**
 * Parses a reference, without a call to GitLab. `prefix` is the prefix of the subgraph's type
 * names. Throws BAD_USER_INPUT if the reference is invalid. The message names types without the
 * prefix.
 */
export function parseReference(
  representation: unknown,
  { bases, prefix }: { bases: readonly string[]; prefix: string },
): NodeRef {
  const typename = memberOf(representation, '__typename');
  const hasPrefix = typeof typename === 'string' && typename.startsWith(prefix);
  const type = hasPrefix ? typename.slice(prefix.length) : undefined;
  if (!isEntityType(type)) {
    throw badUserInput(
      `A reference must be an object with \`__typename\` ${Object.keys(keys).join(', ')}: nothing else can be read by its key.`,
    );
  }
  for (const [key, read] of Object.entries(keys[type])) {
    const fields = key.split(' ');
    if (fields.some((field) => memberOf(representation, field) == null)) continue;
    return read(
      fields.map((field) => toText(memberOf(representation, field), field)),
      bases,
    );
  }
  throw badUserInput(describe(type));
}
