import {
  type GraphQLArgument,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Chooser } from './chooser.ts';

/**
 * JSON values, by the name of an argument or input field. For a list, they are the values of its
 * items.
 */
export type Known = Readonly<Record<string, readonly unknown[]>>;

/** The variables of a random operation. Variables are added while the operation is created. */
export interface Variables {
  /** Returns the text of an argument's value: a literal or a new variable. */
  write(arg: GraphQLArgument): string;
  /** Returns a variable for `@skip` or `@include`. */
  writeCondition(): string;
  /** Returns the variable definitions, such as `($v0: Int = 3, …)`; empty if there are none. */
  definitions(): string;
  values(): Record<string, unknown>;
}

/** An enum value. It is a string in JSON, and a name in a document. */
class EnumName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toJSON(): string {
    return this.name;
  }
}

const leaves: Readonly<Record<string, (choose: Chooser) => unknown>> = {
  Int: (choose) => choose.pick([0, 1, 2, 5, -1, 500]),
  Float: (choose) => choose.pick([0, 1.5, 2]),
  Boolean: (choose) => choose.chance(0.5),
  String: (choose) => choose.pick(['', 'text', 'quote " and \\ and\nline', '\u2028é\u{1f600}']),
  ID: (choose) => choose.pick(['42', 'x', 7, '']),
  BigInt: (choose) => choose.pick([1, '12345678901']),
  DateTime: () => '2026-11-23T09:30:00Z',
  JSON: (choose) => choose.pick([1, 'text', true, [1, [2]], { a: { b: [] } }]),
  _Any: (choose) => choose.pick([{ __typename: 'Job' }, { __typename: 'Pipeline', id: 'x' }]),
};

function random(type: GraphQLInputType, name: string, choose: Chooser, known: Known): unknown {
  if (isNonNullType(type)) return random(type.ofType, name, choose, known);
  if (isListType(type)) {
    const item = () => random(type.ofType, name, choose, known);
    // Sometimes returns a single value, which is coerced to a list.
    return choose.chance(0.15) ? item() : Array.from({ length: choose.below(4) }, item);
  }
  const values = known[name];
  if (values && choose.chance(0.95)) return choose.pick(values);
  if (isEnumType(type)) return new EnumName(choose.pick(type.getValues()).name);
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      (field) => isNonNullType(field.type) || choose.chance(0.5),
    );
    const entries = fields.map((field) => [
      field.name,
      isNonNullType(field.type) || !choose.chance(0.1)
        ? random(field.type, field.name, choose, known)
        : null,
    ]);
    return Object.fromEntries(entries);
  }
  return leaves[type.name]?.(choose);
}

function print(value: unknown): string {
  if (value instanceof EnumName) return value.name;
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, item]) => `${key}: ${print(item)}`)}}`;
}

const toJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/**
 * Maximum variables in `@skip` and `@include`. The compiler supports only four, so some operations
 * exceed its limit.
 */
const MAX_CONDITIONS = 6;

/** Creates an empty set of variables. */
export function createVariables(choose: Chooser, known: Known): Variables {
  const definitions: string[] = [];
  const conditions: string[] = [];
  const values: Record<string, unknown> = {};

  const define = (type: string, byDefault = ''): string => {
    const name = `v${definitions.length}`;
    definitions.push(`$${name}: ${type}${byDefault}`);
    return name;
  };

  return {
    write({ type, name: argument, defaultValue }) {
      const value = random(type, argument, choose, known);
      const isNeeded = isNonNullType(type) && defaultValue === undefined;
      if (choose.chance(0.5)) return !isNeeded && choose.chance(0.1) ? 'null' : print(value);
      // A nullable variable with a default value is valid for a non-null argument.
      if (choose.chance(0.3)) {
        const name = define(String(type).replace(/!$/, ''), ` = ${print(value)}`);
        const other = random(type, argument, choose, known);
        if (choose.chance(0.5)) values[name] = choose.chance(0.1) ? null : toJson(other);
        return `$${name}`;
      }
      const name = define(String(type));
      if (isNonNullType(type) || choose.chance(0.7)) values[name] = toJson(value);
      else if (choose.chance(0.5)) values[name] = null;
      return `$${name}`;
    },
    writeCondition() {
      if (conditions.length > 0 && choose.chance(0.6)) return choose.pick(conditions);
      if (conditions.length >= MAX_CONDITIONS) return 'true';
      const hasDefault = choose.chance(0.3);
      const name = hasDefault ? define('Boolean', ` = ${choose.chance(0.5)}`) : define('Boolean!');
      if (!hasDefault || choose.chance(0.5)) {
        values[name] = hasDefault && choose.chance(0.2) ? null : choose.chance(0.5);
      }
      conditions.push(`$${name}`);
      return `$${name}`;
    },
    definitions: () => (definitions.length > 0 ? `(${definitions.join(', ')})` : ''),
    values: () => values,
  };
}
