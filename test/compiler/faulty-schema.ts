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
import { delay, FAULT_RATE, randomError, randomLeaf } from './faulty-value.ts';

/*
 * Gives the types of a schema resolvers that fail in every possible place, synchronously or not:
 * with null, returned errors, rejections, thrown errors and invalid leaves, also in lists. The
 * value of a field depends only on the seed of its object, and on the name and the arguments of the
 * field, so that two executions get equal values.
 */

/** The context of an execution. The values of the root fields depend on its seed. */
export interface SeedContext {
  seed: number;
  /** Objects of this execution that several fields share, by type and seed. Initially empty. */
  shared: Map<string, object>;
}

/** Each type has at most this many shared objects. */
const MAX_SHARED = 3;

interface SeedRow extends SeedContext {
  type: string;
}

type Field = GraphQLField<unknown, unknown>;

/** Returns a new seed from a seed and a text (FNV-1a hash). */
function mix(seed: number, text: string): number {
  let sum = seed | 0;
  for (const letter of text) sum = Math.imul(sum ^ letter.charCodeAt(0), 0x01000193);
  return sum;
}

/**
 * Returns a function that creates the value of a field. Each object has the prototype of its type.
 */
function createValues(
  schema: GraphQLSchema,
  prototypes: ReadonlyMap<string, object>,
  delayRate: number,
) {
  const typesOf = (type: GraphQLOutputType): readonly { name: string }[] =>
    isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];

  function objectOf(name: string, seed: number, { shared }: SeedContext): object {
    const make = (own: number) =>
      Object.assign(Object.create(prototypes.get(name) ?? null), { seed: own, type: name, shared });
    if (seed % 2 === 0) return make(seed);
    const few = Math.abs(seed) % MAX_SHARED;
    const key = `${name} ${few}`;
    const known = shared.get(key) ?? make(few);
    shared.set(key, known);
    return known;
  }

  function value(type: GraphQLOutputType, seed: number, on: SeedContext): unknown {
    const choose = createChooser(seed);
    const nullable = isNonNullType(type) ? type.ofType : type;
    if (choose.chance(nullable === type ? 0.1 : FAULT_RATE / 2))
      return choose.pick([null, undefined]);
    if (choose.chance(FAULT_RATE)) return randomError(choose);
    if (isLeafType(nullable)) return randomLeaf(nullable, choose);
    if (isListType(nullable)) {
      const { ofType } = nullable;
      return Array.from({ length: choose.below(4) }, (_, at) =>
        maybeDelayed(ofType, seed + at, on),
      );
    }
    const { name } = choose.pick(typesOf(nullable));
    return objectOf(name, seed, on);
  }

  function maybeDelayed(type: GraphQLOutputType, seed: number, on: SeedContext): unknown {
    const choose = createChooser(mix(seed, 'later'));
    const made = value(type, mix(seed, 'value'), on);
    return choose.chance(delayRate) ? delay(made, choose) : made;
  }

  return (row: SeedContext, { name, type }: Field, args: object): unknown => {
    const seed = mix(row.seed, `${name} ${JSON.stringify(args)}`);
    const made = maybeDelayed(type, seed, row);
    if (made instanceof Error && seed % 2 === 0) throw made;
    return made;
  };
}

/**
 * Gives a field one of the kinds of resolvers that the real schema has: with arguments, with only
 * the source, or a property.
 */
function resolveField(
  field: Field,
  { isRoot, prototype }: { isRoot: boolean; prototype: object },
  read: ReturnType<typeof createValues>,
): void {
  const property = (get: (this: SeedRow) => unknown) =>
    Object.defineProperty(prototype, field.name, { get });
  const kind = mix(field.name.length, field.name) & 3;
  if (isRoot) field.resolve = (_root, args, context) => read(context as SeedContext, field, args);
  else if (field.args.length > 0 && kind < 2) {
    // Without a resolver, graphql-js calls a method of the source with the arguments.
    Object.defineProperty(prototype, field.name, {
      value(this: SeedRow, args: object) {
        return read(this, field, args);
      },
    });
  } else if (field.args.length > 0) {
    field.resolve = (row, args, _context, _info) => read(row as SeedRow, field, args);
  } else if (kind === 0) {
    field.resolve = (row) => read(row as SeedRow, field, {});
  } else {
    property(function get() {
      return read(this, field, {});
    });
    if (kind < 3) field.extensions = { pothosExposedField: field.name };
  }
}

/**
 * Returns a copy of a schema with faulty resolvers. `delayRate` is the probability that a value is
 * a promise.
 */
export function createFaultySchema(real: GraphQLSchema, delayRate: number): GraphQLSchema {
  const faulty = buildSchema(printSchema(real));
  const types = Object.values(faulty.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const objects = types.filter(isObjectType);
  const prototypes = new Map(objects.map(({ name }) => [name, {}]));
  const read = createValues(faulty, prototypes, delayRate);
  const roots: (GraphQLObjectType | null | undefined)[] = [
    faulty.getQueryType(),
    faulty.getMutationType(),
  ];
  for (const type of objects) {
    const on = { isRoot: roots.includes(type), prototype: prototypes.get(type.name) ?? {} };
    for (const field of Object.values(type.getFields())) resolveField(field, on, read);
  }
  for (const type of types) {
    const original = real.getType(type.name);
    if (isScalarType(type) && isScalarType(original)) {
      const { serialize, parseValue, parseLiteral } = original;
      Object.assign(type, { serialize, parseValue, parseLiteral });
    }
    if (isAbstractType(type)) {
      type.resolveType = (row) => {
        const { type: name, seed } = row as SeedRow;
        return delayRate > 0 && seed % 5 === 0 ? Promise.resolve(name) : name;
      };
    }
  }
  return faulty;
}
