import {
  type ArgumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { ownNameOf, typeNamed } from './type-names.ts';

/*
 * The fields that an operation selects below a field, as a tree that is built once per compiled
 * operation. Building the tree resolves fragments, aliases, `@skip` and `@include`. Only the values
 * of arguments depend on the variables of a request.
 */

export type Variables = Readonly<Record<string, unknown>>;

/** A selected field. Selections with one response key are merged in one `SelectedField`. */
export interface SelectedField {
  readonly name: string;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Names of the object types that the field's value may have; empty for a scalar. */
  readonly types: readonly string[];
  readonly fields: Selection;
  /** Returns the arguments for a resolver. Throws a GraphQLError for an invalid argument. */
  argumentsFor(variableValues: Variables): Record<string, unknown>;
  /** Returns the fields that are selected on objects of a type, which must be one of `types`. */
  fieldsOn(type: string): Selection;
}

/**
 * The fields that are selected on an object. A field that is selected with two aliases is in the
 * list twice.
 */
export interface Selection {
  readonly list: readonly SelectedField[];
  /** Returns whether at least one of the fields is selected. */
  has(...names: string[]): boolean;
  /** Returns what is selected below a field; the selections of its aliases are merged. */
  below(name: string): Selection;
}

interface Scope extends Pick<GraphQLResolveInfo, 'fragments' | 'schema' | 'variableValues'> {
  /**
   * Called with the number of fields of each part of the tree. May throw to stop the building of a
   * tree that is too large. Below an interface, each object type has its own part, so a short
   * operation can have a very large tree.
   */
  countFields?(count: number): void;
}

type Nodes = readonly [FieldNode, ...FieldNode[]];

function isIncluded(node: Pick<FieldNode, 'directives'>, scope: Scope): boolean {
  if (!node.directives?.length) return true;
  const given = { directives: node.directives };
  const skip = getDirectiveValues(GraphQLSkipDirective, given, scope.variableValues);
  if (skip?.['if'] === true) return false;
  const include = getDirectiveValues(GraphQLIncludeDirective, given, scope.variableValues);
  return include?.['if'] !== false;
}

/** Returns whether a fragment on `condition` applies to an object of type `on`. */
function applies(condition: string | undefined, on: GraphQLCompositeType, scope: Scope): boolean {
  if (condition === undefined || condition === on.name) return true;
  const type = scope.schema.getType(condition);
  return (
    isAbstractType(type) && on instanceof GraphQLObjectType && scope.schema.isSubType(type, on)
  );
}

/** An inline fragment, or the definition of a named one. */
interface Fragment {
  selectionSet: SelectionSetNode;
  typeCondition?: FragmentDefinitionNode['typeCondition'] | undefined;
}

/**
 * Collects field nodes. `spread` has the names of the fragments that are already included, because
 * a fragment is included only once.
 */
function collect(
  set: SelectionSetNode,
  on: GraphQLCompositeType,
  scope: Scope,
  spread: Set<string>,
): FieldNode[] {
  const collectFragment = (fragment: Fragment | undefined) =>
    fragment && applies(fragment.typeCondition?.name.value, on, scope)
      ? collect(fragment.selectionSet, on, scope, spread)
      : [];
  return set.selections.flatMap((node): FieldNode[] => {
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const name = node.name.value;
      if (spread.has(name) || !isIncluded(node, scope)) return [];
      spread.add(name);
      return collectFragment(scope.fragments[name]);
    }
    if (!isIncluded(node, scope)) return [];
    return node.kind === Kind.FIELD ? [node] : collectFragment(node);
  });
}

/** Returns the name of a field in the response: its alias, or its own name if it has no alias. */
export const responseKeyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value;

function groupByResponseName(nodes: readonly FieldNode[]): Nodes[] {
  const groups = new Map<string, [FieldNode, ...FieldNode[]]>();
  for (const node of nodes) {
    const key = responseKeyOf(node);
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()];
}

/**
 * Returns the fields selected on an object of a type, in the order of the response. Each item
 * contains all nodes that have one response key.
 */
export function fieldsSelected(
  sets: readonly SelectionSetNode[],
  on: GraphQLCompositeType,
  scope: Scope,
): Nodes[] {
  const spread = new Set<string>();
  return groupByResponseName(sets.flatMap((set) => collect(set, on, scope, spread)));
}

function hasVariables({ value }: ArgumentNode): boolean {
  let found = false;
  visit(value, {
    Variable() {
      found = true;
    },
  });
  return found;
}

/**
 * Returns a map from argument to variable, for arguments whose whole value is a variable. Undefined
 * if an argument contains a variable in a list or an object.
 */
function wholeVariablesOf({ arguments: args = [] }: FieldNode): Map<string, string> | undefined {
  const variableOf = new Map<string, string>();
  for (const argument of args) {
    const { name, value } = argument;
    if (value.kind === Kind.VARIABLE) variableOf.set(name.value, value.name.value);
    else if (hasVariables(argument)) return undefined;
  }
  return variableOf;
}

/** Returns an own member, not an inherited one, because a variable may be named `toString`. */
const ownMember = (values: Variables, name: string) =>
  Object.hasOwn(values, name) ? values[name] : undefined;

type ReadArguments = (variableValues: Variables) => Record<string, unknown>;

/**
 * Returns a function that copies coerced variables to arguments, in a fraction of the time that
 * graphql-js takes. The returned function returns undefined if a variable is null or not given.
 * `constants` returns the arguments whose values contain no variable.
 */
function variableCopier(
  { args: declared }: GraphQLField<unknown, unknown>,
  variableOf: ReadonlyMap<string, string>,
  constants: () => Record<string, unknown>,
): (variableValues: Variables) => Record<string, unknown> | undefined {
  const names = declared.map(({ name }) => ({ name, variable: variableOf.get(name) }));
  return (variables) => {
    const fixed = constants();
    const args: Record<string, unknown> = {};
    // Uses the order of the declared arguments, as graphql-js does.
    for (const { name, variable } of names) {
      const value = variable === undefined ? fixed[name] : ownMember(variables, variable);
      if (variable !== undefined && value == null) return undefined;
      if (value !== undefined) args[name] = value;
    }
    return args;
  };
}

/**
 * Returns a function that converts variables to arguments. Computes arguments without variables
 * once, unless another argument contains a variable in a list or an object.
 */
export function argumentReader(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
): ReadArguments {
  const read: ReadArguments = (variables) => getArgumentValues(definition, node, variables);
  const variableOf = wholeVariablesOf(node);
  if (!variableOf) return read;
  const isConstant = ({ name }: GraphQLArgument) => !variableOf.has(name);
  const withoutVariables = { ...definition, args: definition.args.filter(isConstant) };
  let constants: Record<string, unknown> | undefined;
  const readConstants = () => {
    constants ??= getArgumentValues(withoutVariables, node);
    return constants;
  };
  if (variableOf.size === 0) return readConstants;
  const copy = variableCopier(definition, variableOf, readConstants);
  return (variables) => copy(variables) ?? read(variables);
}

/** A class because V8 creates its instances faster than object literals with getters. */
class FieldOfTree implements SelectedField {
  readonly name: string;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly #nodes: Nodes;
  readonly #scope: Scope;
  readonly #byType = new Map<GraphQLNamedType, Selection>();
  #readArguments: SelectedField['argumentsFor'] | undefined;

  constructor(definition: GraphQLField<unknown, unknown>, nodes: Nodes, scope: Scope) {
    this.name = definition.name;
    this.definition = definition;
    this.#nodes = nodes;
    this.#scope = scope;
  }

  get types(): readonly string[] {
    const { schema } = this.#scope;
    const type = getNamedType(this.definition.type);
    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
    return types.filter(isCompositeType).map(ownNameOf);
  }

  get fields(): Selection {
    return this.#on(getNamedType(this.definition.type));
  }

  fieldsOn(type: string): Selection {
    return this.#on(typeNamed(this.#scope.schema, type));
  }

  argumentsFor(variableValues: Variables): Record<string, unknown> {
    this.#readArguments ??= argumentReader(this.definition, this.#nodes[0]);
    return this.#readArguments(variableValues);
  }

  #on(type: GraphQLNamedType | undefined): Selection {
    if (!isCompositeType(type)) return emptySelection;
    const known = this.#byType.get(type);
    if (known) return known;
    const selection = select(selectionSetsOf(this.#nodes), type, this.#scope);
    this.#byType.set(type, selection);
    return selection;
  }
}

/** Returns the selection sets of a field. A field that is selected several times has several. */
export function selectionSetsOf(nodes: readonly FieldNode[]): SelectionSetNode[] {
  return nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
}

function toSelection(list: readonly SelectedField[]): Selection {
  return {
    list,
    has: (...names) => list.some((field) => names.includes(field.name)),
    below: (name) =>
      toSelection(
        list.filter((field) => field.name === name).flatMap((field) => field.fields.list),
      ),
  };
}

const emptySelection = toSelection([]);

function select(
  sets: readonly SelectionSetNode[],
  on: GraphQLCompositeType,
  scope: Scope,
): Selection {
  const definitions = 'getFields' in on ? on.getFields() : {};
  const selected = fieldsSelected(sets, on, scope);
  scope.countFields?.(selected.length);
  return toSelection(
    selected.flatMap((nodes) => {
      const definition = definitions[nodes[0].name.value];
      return definition ? [new FieldOfTree(definition, nodes, scope)] : [];
    }),
  );
}

/**
 * Returns the scope with only the variables that `@skip` and `@include` may use. So a cached tree
 * contains no other input of users.
 */
function keepConditions({ schema, fragments, variableValues, countFields }: Scope): Scope {
  const conditions = Object.entries(variableValues).filter(
    ([, value]) => typeof value === 'boolean' || value === null,
  );
  return {
    schema,
    fragments,
    variableValues: Object.fromEntries(conditions),
    ...(countFields && { countFields }),
  };
}

/**
 * Returns the fields selected at the root of an operation. The variables of `scope` are coerced.
 */
export function selectionOfOperation(
  { operation, selectionSet }: OperationDefinitionNode,
  scope: Scope,
): Selection {
  const root = scope.schema.getRootType(operation);
  return root ? select([selectionSet], root, keepConditions(scope)) : emptySelection;
}

/**
 * Cached trees, by the nodes of the parent field and by object type. A compiled operation passes
 * the same array of nodes in each execution, so its trees are built once. graphql-js creates a new
 * array for each execution, so its trees are built for each execution.
 */
const trees = new WeakMap<readonly FieldNode[], Map<string | undefined, Selection>>();

/**
 * Returns the fields selected below the field that is being resolved. If that field returns an
 * interface, `type` is the name of the object type.
 */
export function selectionOf(info: GraphQLResolveInfo, type?: string): Selection {
  const { fieldNodes, schema } = info;
  const byType = trees.get(fieldNodes) ?? new Map<string | undefined, Selection>();
  trees.set(fieldNodes, byType);
  const known = byType.get(type);
  if (known) return known;
  const named = type ? typeNamed(schema, type) : getNamedType(info.returnType);
  const selection = isCompositeType(named)
    ? select(selectionSetsOf(fieldNodes), named, keepConditions(info))
    : emptySelection;
  byType.set(type, selection);
  return selection;
}

/** The fields selected below a field, with the variables that their arguments need. */
export interface SelectedBelow {
  readonly selection: Selection;
  readonly variableValues: Variables;
}

/**
 * Returns the fields selected below the field that is being resolved, with the variables of the
 * request.
 */
export function selectedBelow(info: GraphQLResolveInfo, type?: string): SelectedBelow {
  return { selection: selectionOf(info, type), variableValues: info.variableValues };
}

/**
 * Memoizes a function of a selection. A compiled operation builds each of its selections once, so
 * the value is also computed once. Exception: each call of `below` builds a new selection.
 */
export function perSelection<Value>(compute: (selection: Selection) => Value) {
  const known = new WeakMap<Selection, Value>();
  return (selection: Selection): Value => {
    const found = known.get(selection) ?? compute(selection);
    known.set(selection, found);
    return found;
  };
}
