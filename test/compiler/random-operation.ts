import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isNonNullType,
  isObjectType,
  type OperationTypeNode,
} from 'graphql';
import type { Chooser } from './chooser.ts';
import { createVariables, type Known, type Variables } from './random-value.ts';

/** A random request. */
export interface RandomOperation {
  query: string;
  operationName: string | undefined;
  variables: Record<string, unknown>;
}

export interface OperationOptions {
  schema: GraphQLSchema;
  choose: Chooser;
  /** JSON values of arguments, by argument name. Other arguments have random values. */
  known?: Known;
  type?: 'query' | 'mutation' | 'subscription';
  /** The only root field. A subscription needs one. @default random fields */
  rootField?: string;
  /** Maximum nesting of fields. @default 5 */
  depth?: number;
  /** Names of fields. If a type has some of them, about half of its selected fields are these. */
  favorites?: readonly string[];
}

/** An operation under construction. */
interface Draft {
  schema: GraphQLSchema;
  choose: Chooser;
  favorites: readonly string[];
  variables: Variables;
  fragments: { name: string; on: GraphQLCompositeType; text: string }[];
}

type Field = GraphQLField<unknown, unknown>;

const isNeeded = ({ type, defaultValue }: GraphQLArgument) =>
  isNonNullType(type) && defaultValue === undefined;

function argumentsOf({ args }: Field, { choose, variables }: Draft): string {
  const given = args.filter((arg) => isNeeded(arg) || choose.chance(0.3));
  if (given.length === 0) return '';
  return `(${given.map((arg) => `${arg.name}: ${variables.write(arg)}`).join(', ')})`;
}

/** Rarely returns `@skip` or `@include`; otherwise an empty string. */
function condition({ choose, variables }: Draft): string {
  if (!choose.chance(0.12)) return '';
  const name = choose.pick(['skip', 'include']);
  const value = choose.chance(0.5) ? String(choose.chance(0.5)) : variables.writeCondition();
  return ` @${name}(if: ${value})`;
}

function hash(text: string): string {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + letter.charCodeAt(0)) % 100_000;
  return sum.toString(36);
}

/**
 * Returns the name of a field. A field with arguments has an alias that contains a hash of the
 * arguments, so that all selections of an object can be merged.
 */
function nameOf({ name }: Field, args: string, { choose }: Draft): string {
  if (args !== '') return `${name}_${hash(args)}: ${name}`;
  return choose.chance(0.2) ? `${name}2: ${name}` : name;
}

function writeField(field: Field, depth: number, draft: Draft, directive: string): string {
  const args = argumentsOf(field, draft);
  const head = `${nameOf(field, args, draft)}${args}${directive}`;
  const below = getNamedType(field.type);
  if (!isCompositeType(below)) return head;
  const selections = selectionSet(below, depth - 1, draft);
  // Aliases with equal selections share their compiled writers. Repeated at each level, long ones
  // would make the query very long.
  const isRepeated = selections.length < 300 && draft.choose.chance(0.3);
  const again = `${field.name}_again_${hash(`${field.type}${args}`)}: ${field.name}${args} ${selections}`;
  return `${head} ${selections}${isRepeated ? ` ${again}` : ''}`;
}

function field(type: GraphQLCompositeType, depth: number, draft: Draft): string | undefined {
  if (!('getFields' in type)) return undefined;
  const fits = (one: Field) => depth > 0 || !isCompositeType(getNamedType(one.type));
  const fields = Object.values(type.getFields()).filter(fits);
  if (fields.length === 0) return undefined;
  const favorites = fields.filter(({ name }) => draft.favorites.includes(name));
  const among = favorites.length > 0 && draft.choose.chance(0.5) ? favorites : fields;
  return writeField(draft.choose.pick(among), depth, draft, condition(draft));
}

function objectsOf(
  type: GraphQLCompositeType,
  schema: GraphQLSchema,
): readonly GraphQLObjectType[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
}

/**
 * Returns a type that has an object type in common with `type`, so that fragments on it are valid.
 */
function overlapping(type: GraphQLCompositeType, { schema, choose }: Draft): GraphQLCompositeType {
  const objects = objectsOf(type, schema);
  const types = Object.values(schema.getTypeMap()).filter(isCompositeType);
  return choose.pick(
    types.filter((one) => objectsOf(one, schema).some((object) => objects.includes(object))),
  );
}

function inlineFragment(type: GraphQLCompositeType, depth: number, draft: Draft): string {
  const on = overlapping(type, draft);
  const head = draft.choose.chance(0.2) && on === type ? '...' : `... on ${on.name}`;
  return `${head}${condition(draft)} ${selectionSet(on, depth, draft)}`;
}

function spread(type: GraphQLCompositeType, depth: number, draft: Draft): string {
  const { fragments, choose, schema } = draft;
  const objects = objectsOf(type, schema);
  const fitting = fragments.filter(({ on }) =>
    objectsOf(on, schema).some((object) => objects.includes(object)),
  );
  if (fitting.length > 0 && choose.chance(0.5)) {
    return `...${choose.pick(fitting).name}${condition(draft)}`;
  }
  const on = overlapping(type, draft);
  const text = selectionSet(on, depth, draft);
  const name = `F${fragments.length}`;
  fragments.push({ name, on, text });
  return `...${name}${condition(draft)}`;
}

function selection(type: GraphQLCompositeType, depth: number, draft: Draft): string {
  const { choose } = draft;
  const typename = choose.chance(0.3) ? 'typeName: __typename' : '__typename';
  const kind = choose.below(10);
  if (kind === 0 || !('getFields' in type)) {
    return choose.chance(0.3) && depth > 0 ? inlineFragment(type, depth - 1, draft) : typename;
  }
  if (kind === 1 && depth > 0) return inlineFragment(type, depth - 1, draft);
  if (kind === 2 && depth > 0) return spread(type, depth - 1, draft);
  return field(type, depth, draft) ?? typename;
}

function selectionSet(type: GraphQLCompositeType, depth: number, draft: Draft): string {
  const count = 1 + draft.choose.below(4);
  const selections = Array.from({ length: count }, () => selection(type, depth, draft));
  // Sometimes repeats a selection, so that executors must merge the two.
  if (draft.choose.chance(0.15)) selections.push(draft.choose.pick(selections));
  return `{ ${selections.join(' ')} }`;
}

/** Returns a random operation. Most are valid; callers must skip the others. */
export function randomOperation(options: OperationOptions): RandomOperation {
  const { schema, choose, known = {}, type = 'query', depth = 5, rootField = '' } = options;
  const { favorites = [] } = options;
  const variables = createVariables(choose, known);
  const draft: Draft = { schema, choose, favorites, variables, fragments: [] };
  const root = schema.getRootType(type as OperationTypeNode);
  if (!isObjectType(root)) throw new Error(`The schema has no ${type}.`);
  const only = root.getFields()[rootField];
  const text = only
    ? `{ ${writeField(only, depth, draft, '')} }`
    : selectionSet(root, depth, draft);
  const fragments = draft.fragments.map(
    ({ name, on, text: below }) => `fragment ${name} on ${on.name} ${below}`,
  );
  const operations = [`${type} Main${variables.definitions()} ${text}`];
  const isOneOfMany = !only && choose.chance(0.3);
  if (isOneOfMany) operations.splice(choose.below(2), 0, 'query Other { other: __typename }');
  return {
    query: [...operations, ...fragments].join('\n'),
    operationName: isOneOfMany || choose.chance(0.3) ? 'Main' : undefined,
    variables: variables.values(),
  };
}
