import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  printSchema,
} from 'graphql';
import { createChooser } from './chooser.ts';
import { later, oddFailure, oddLeaf, WRONG } from './odd-value.ts';

/*
 * The types of a schema over data that goes wrong everywhere: null, errors as values, rejections,
 * resolvers that throw, leaves that are none, lists that hold all of that, each now or later. What
 * a field holds follows from its object's seed, its name and its arguments alone, so two executions
 * see the same.
 */

/** What the root's fields find in place of a row. */
export interface OddContext {
  seed: number;
}

interface OddRow extends OddContext {
  type: string;
}

type Field = GraphQLField<unknown, unknown>;

/** FNV-1a. */
function mix(seed: number, text: string): number {
  let sum = seed | 0;
  for (const letter of text) sum = Math.imul(sum ^ letter.charCodeAt(0), 0x01000193);
  return sum;
}

/** Makes values of the types of a schema; rows of each type have a prototype of their own. */
function createValues(
  schema: GraphQLSchema,
  prototypes: ReadonlyMap<string, object>,
  waits: number,
) {
  const typesOf = (type: GraphQLOutputType): readonly { name: string }[] =>
    isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];

  function value(type: GraphQLOutputType, seed: number): unknown {
    const choose = createChooser(seed);
    const nullable = isNonNullType(type) ? type.ofType : type;
    if (choose.chance(nullable === type ? 0.1 : WRONG / 2)) return choose.pick([null, undefined]);
    if (choose.chance(WRONG)) return oddFailure(choose);
    if (isLeafType(nullable)) return oddLeaf(nullable, choose);
    if (isListType(nullable)) {
      const { ofType } = nullable;
      return Array.from({ length: choose.below(4) }, (_, at) => perhapsLater(ofType, seed + at));
    }
    const { name } = choose.pick(typesOf(nullable));
    return Object.assign(Object.create(prototypes.get(name) ?? null), { seed, type: name });
  }

  function perhapsLater(type: GraphQLOutputType, seed: number): unknown {
    const choose = createChooser(mix(seed, 'later'));
    const found = value(type, mix(seed, 'value'));
    return choose.chance(waits) ? later(found, choose) : found;
  }

  return (row: OddContext, { name, type }: Field, args: object): unknown => {
    const seed = mix(row.seed, `${name} ${JSON.stringify(args)}`);
    const found = perhapsLater(type, seed);
    if (found instanceof Error && seed % 2 === 0) throw found;
    return found;
  };
}

/**
 * Has a field resolved in one of the ways in which ours are: by its arguments, by its object alone,
 * or by a property.
 */
function resolveField(
  field: Field,
  { isRoot, prototype }: { isRoot: boolean; prototype: object },
  read: ReturnType<typeof createValues>,
): void {
  const property = (get: (this: OddRow) => unknown) =>
    Object.defineProperty(prototype, field.name, { get });
  const way = mix(field.name.length, field.name) & 3;
  if (isRoot) field.resolve = (_root, args, context) => read(context as OddContext, field, args);
  else if (field.args.length > 0 && way < 2) {
    // As graphql-js has it for a field without a resolver: a method that takes the arguments.
    Object.defineProperty(prototype, field.name, {
      value(this: OddRow, args: object) {
        return read(this, field, args);
      },
    });
  } else if (field.args.length > 0) {
    field.resolve = (row, args, _context, _info) => read(row as OddRow, field, args);
  } else if (way === 0) {
    field.resolve = (row) => read(row as OddRow, field, {});
  } else {
    property(function get() {
      return read(this, field, {});
    });
    if (way === 1) field.extensions = { pothosExposedField: field.name };
  }
}

/** The same types over odd data, of which that part comes later. */
export function createOddSchema(real: GraphQLSchema, waits: number): GraphQLSchema {
  const odd = buildSchema(printSchema(real));
  const types = Object.values(odd.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const objects = types.filter(isObjectType);
  const prototypes = new Map(objects.map(({ name }) => [name, {}]));
  const read = createValues(odd, prototypes, waits);
  const roots: (GraphQLObjectType | null | undefined)[] = [
    odd.getQueryType(),
    odd.getMutationType(),
  ];
  for (const type of objects) {
    const on = { isRoot: roots.includes(type), prototype: prototypes.get(type.name) ?? {} };
    for (const field of Object.values(type.getFields())) resolveField(field, on, read);
  }
  for (const type of types) {
    const same = real.getType(type.name);
    if (isScalarType(type) && isScalarType(same)) {
      const { serialize, parseValue, parseLiteral } = same;
      Object.assign(type, { serialize, parseValue, parseLiteral });
    }
    if (isAbstractType(type)) {
      type.resolveType = (row) => {
        const { type: name, seed } = row as OddRow;
        return waits > 0 && seed % 5 === 0 ? Promise.resolve(name) : name;
      };
    }
  }
  return odd;
}
