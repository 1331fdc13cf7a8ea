import { badUserInput } from '../graphql/client-errors.ts';
import {
  isNumericId,
  type NodeRef,
  parseGlobalId,
  parseNumericId,
  parseProject,
} from '../graphql/global-id.ts';
import { parseResourceUrl } from '../graphql/web-url.ts';

/*
 * What another subgraph may hold of ours: references, which a router turns into whole objects by
 * `_entities`. The table below is all there is to keys: the SDL's @key directives are made from it,
 * and references are read by it.
 */

/** Types that a reference leads to. */
export type EntityType = NodeRef['type'];

/** A key's fields as text, in the order of the key, and where users see this GitLab. */
type ReadKey = (values: readonly string[], bases: readonly string[]) => NodeRef;

function checkType(ref: NodeRef, type: EntityType): NodeRef {
  if (ref.type === type) return ref;
  throw badUserInput(`The reference names a ${ref.type}, not a ${type}.`);
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

/** By type, each key and how it is read; where a reference has several, the first one counts. */
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

/** The types that references lead to, each with its keys as @key writes them. */
export const entityKeys: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(keys).map(([type, readers]) => [type, Object.keys(readers)]),
);

function describe(type: EntityType): string {
  const choices = Object.keys(keys[type]).map((key) => key.replaceAll(' ', ' and '));
  return `A reference to a ${type} needs ${choices.join(', or ')}.`;
}

/** A key's value as text; ids may come as JSON numbers, as long as JSON keeps their digits. */
function toText(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  if (Number.isSafeInteger(value)) return String(value);
  throw badUserInput(
    `\`${field}\` of a reference must be text, not ${JSON.stringify(value)?.slice(0, 60)}.`,
  );
}

function isEntityType(name: unknown): name is EntityType {
  return typeof name === 'string' && Object.hasOwn(keys, name);
}

/** What a reference names; BAD_USER_INPUT says what is wrong with it. No call is made. */
export function parseReference(representation: unknown, bases: readonly string[]): NodeRef {
  const given = new Map(Object.entries(representation ?? {}));
  const type = given.get('__typename');
  if (!isEntityType(type)) {
    throw badUserInput(
      `A reference must be an object with \`__typename\` ${Object.keys(keys).join(', ')}: nothing else can be read by its key.`,
    );
  }
  for (const [key, read] of Object.entries(keys[type])) {
    const fields = key.split(' ');
    if (fields.some((field) => given.get(field) == null)) continue;
    return read(
      fields.map((field) => toText(given.get(field), field)),
      bases,
    );
  }
  throw badUserInput(describe(type));
}
