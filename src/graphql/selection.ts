import {
  type FieldNode,
  type FragmentDefinitionNode,
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
} from 'graphql';

/*
 * What an operation selects below a field, so that nothing is asked of GitLab that nobody reads.
 * Fragments, aliases, @skip and @include with variables are seen through.
 */

/**
 * One selected field with its arguments as the resolver will get them; several selections of it that
 * become one in the answer are one.
 */
export interface SelectedField {
  name: string;
  /** The object types it may be; none for a scalar. */
  types: readonly string[];
  /** Throws the GraphQLError that the resolver will not see either, should they not fit. */
  args: Record<string, unknown>;
  /** What is selected below it. */
  fields: Selection;
  /** The same, should it be an object of that type: for a field that returns an interface or union. */
  fieldsOn(type: string): Selection;
}

/** The fields selected on one object; the same field under two aliases is in it twice. */
export interface Selection {
  readonly list: readonly SelectedField[];
  /** Whether one of the fields is selected. */
  has(...names: string[]): boolean;
  /** What is selected below the field, under all its aliases together. */
  below(name: string): Selection;
}

type Scope = Pick<GraphQLResolveInfo, 'fragments' | 'schema' | 'variableValues'>;

function isIncluded(
  node: FieldNode | { directives?: FieldNode['directives'] },
  scope: Scope,
): boolean {
  if (!node.directives?.length) return true;
  const given = { directives: node.directives };
  const skip = getDirectiveValues(GraphQLSkipDirective, given, scope.variableValues);
  if (skip?.['if'] === true) return false;
  const include = getDirectiveValues(GraphQLIncludeDirective, given, scope.variableValues);
  return include?.['if'] !== false;
}

/** Whether a fragment on `condition` applies to an object of type `on`. */
function applies(condition: string | undefined, on: GraphQLCompositeType, scope: Scope): boolean {
  if (condition === undefined || condition === on.name) return true;
  const type = scope.schema.getType(condition);
  return (
    isAbstractType(type) && on instanceof GraphQLObjectType && scope.schema.isSubType(type, on)
  );
}

/** What a fragment holds, whether it stands inline or is spread. */
interface Part {
  selectionSet: SelectionSetNode;
  typeCondition?: FragmentDefinitionNode['typeCondition'] | undefined;
}

/** `spread` holds the names of fragments that were gone into: each is once, as the specification says. */
function collect(
  set: SelectionSetNode,
  on: GraphQLCompositeType,
  scope: Scope,
  spread: Set<string>,
): FieldNode[] {
  const below = (part: Part | undefined) =>
    part && applies(part.typeCondition?.name.value, on, scope)
      ? collect(part.selectionSet, on, scope, spread)
      : [];
  return set.selections.flatMap((node): FieldNode[] => {
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const name = node.name.value;
      if (spread.has(name) || !isIncluded(node, scope)) return [];
      spread.add(name);
      return below(scope.fragments[name]);
    }
    if (!isIncluded(node, scope)) return [];
    return node.kind === Kind.FIELD ? [node] : below(node);
  });
}

function objectTypesOf(type: GraphQLNamedType, { schema }: Scope): string[] {
  const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  return types.filter(isCompositeType).map(({ name }) => name);
}

/** A class, because every operation makes hundreds: getters of an object literal cost a sixth of it. */
class OneField implements SelectedField {
  readonly name: string;
  readonly #definition: GraphQLField<unknown, unknown>;
  readonly #nodes: readonly [FieldNode, ...FieldNode[]];
  readonly #scope: Scope;
  #fields: Selection | undefined;

  constructor(
    definition: GraphQLField<unknown, unknown>,
    nodes: readonly [FieldNode, ...FieldNode[]],
    scope: Scope,
  ) {
    this.name = definition.name;
    this.#definition = definition;
    this.#nodes = nodes;
    this.#scope = scope;
  }

  get types(): readonly string[] {
    return objectTypesOf(getNamedType(this.#definition.type), this.#scope);
  }

  get args(): Record<string, unknown> {
    return getArgumentValues(this.#definition, this.#nodes[0], this.#scope.variableValues);
  }

  get fields(): Selection {
    this.#fields ??= this.#on(getNamedType(this.#definition.type));
    return this.#fields;
  }

  fieldsOn(type: string): Selection {
    return this.#on(this.#scope.schema.getType(type));
  }

  #on(type: GraphQLNamedType | undefined): Selection {
    if (!isCompositeType(type)) return toSelection([]);
    const below = this.#nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    return select(below, type, this.#scope);
  }
}

/** A field's nodes are those that become one in the answer: they agree in name and arguments. */
function toSelected(
  nodes: readonly [FieldNode, ...FieldNode[]],
  on: GraphQLCompositeType,
  scope: Scope,
): SelectedField[] {
  const [{ name }] = nodes;
  const field = 'getFields' in on ? on.getFields()[name.value] : undefined;
  if (!field) return [];
  return [new OneField(field, nodes, scope)];
}

/** Puts together what becomes one field in the answer: nodes of one response name. */
function group(nodes: readonly FieldNode[]): [FieldNode, ...FieldNode[]][] {
  const groups = new Map<string, [FieldNode, ...FieldNode[]]>();
  for (const node of nodes) {
    const key = (node.alias ?? node.name).value;
    const known = groups.get(key);
    if (known) known.push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()];
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

/**
 * The fields that an object of that type is asked for, each with the nodes that become one in the answer, in
 * the answer's order.
 */
export function fieldsSelected(
  sets: readonly SelectionSetNode[],
  on: GraphQLCompositeType,
  scope: Scope,
): [FieldNode, ...FieldNode[]][] {
  const spread = new Set<string>();
  return group(sets.flatMap((set) => collect(set, on, scope, spread)));
}

function select(sets: SelectionSetNode[], on: GraphQLCompositeType, scope: Scope): Selection {
  return toSelection(
    fieldsSelected(sets, on, scope).flatMap((same) => toSelected(same, on, scope)),
  );
}

/** What a whole operation selects, before it runs. Its variables must be coerced. */
export function selectionOfOperation(
  { operation, selectionSet }: OperationDefinitionNode,
  scope: Scope,
): Selection {
  const root = scope.schema.getRootType(operation);
  return root ? select([selectionSet], root, scope) : toSelection([]);
}

/** Selections below fields that are resolved again and again with the same `info`: by the object type they are for. */
const kept = new WeakMap<GraphQLResolveInfo, Map<string | undefined, Selection>>();

/** Has the selections below a field kept, for an `info` that outlives its operation. */
export function keepSelections(info: GraphQLResolveInfo): GraphQLResolveInfo {
  kept.set(info, new Map());
  return info;
}

/**
 * What is selected below the field being resolved. Where it returns an interface, `type` names the
 * object type it will be, so that fragments on others do not count.
 */
export function selectionOf(info: GraphQLResolveInfo, type?: string): Selection {
  const known = kept.get(info);
  const selection = known?.get(type) ?? selectionBelow(info, type);
  known?.set(type, selection);
  return selection;
}

function selectionBelow(info: GraphQLResolveInfo, type: string | undefined): Selection {
  const named = type ? info.schema.getType(type) : getNamedType(info.returnType);
  const sets = info.fieldNodes.flatMap((node) => (node.selectionSet ? [node.selectionSet] : []));
  return isCompositeType(named) ? select(sets, named, info) : toSelection([]);
}
