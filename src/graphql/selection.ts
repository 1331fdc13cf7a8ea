import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/*
 * What an operation selects below a field, so that nothing is asked of GitLab that nobody reads.
 * Fragments, aliases, @skip and @include with variables are seen through.
 */

/** One selected field with its arguments as the resolver will get them. */
export interface SelectedField {
  name: string;
  args: Record<string, unknown>;
  /** What is selected below it. */
  fields: Selection;
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
  const include = getDirectiveValues(GraphQLIncludeDirective, given, scope.variableValues);
  return skip?.['if'] !== true && include?.['if'] !== false;
}

/** Whether a fragment on `condition` applies to an object of type `on`. */
function applies(condition: string | undefined, on: GraphQLCompositeType, scope: Scope): boolean {
  if (condition === undefined || condition === on.name) return true;
  const type = scope.schema.getType(condition);
  return (
    isAbstractType(type) && on instanceof GraphQLObjectType && scope.schema.isSubType(type, on)
  );
}

function collect(set: SelectionSetNode, on: GraphQLCompositeType, scope: Scope): FieldNode[] {
  return set.selections
    .filter((node) => isIncluded(node, scope))
    .flatMap((node): FieldNode[] => {
      if (node.kind === Kind.FIELD) return [node];
      const fragment:
        | (Pick<FragmentDefinitionNode, 'selectionSet'> & {
            typeCondition?: FragmentDefinitionNode['typeCondition'] | undefined;
          })
        | undefined = node.kind === Kind.INLINE_FRAGMENT ? node : scope.fragments[node.name.value];
      if (!fragment || !applies(fragment.typeCondition?.name.value, on, scope)) return [];
      return collect(fragment.selectionSet, on, scope);
    });
}

function toSelected(node: FieldNode, on: GraphQLCompositeType, scope: Scope): SelectedField[] {
  const field = 'getFields' in on ? on.getFields()[node.name.value] : undefined;
  if (!field) return [];
  const type = getNamedType(field.type);
  const below = isCompositeType(type) && node.selectionSet ? [node.selectionSet] : [];
  return [
    {
      name: node.name.value,
      get args() {
        return getArgumentValues(field, node, scope.variableValues);
      },
      get fields() {
        return select(below, type as GraphQLCompositeType, scope);
      },
    },
  ];
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

function select(sets: SelectionSetNode[], on: GraphQLCompositeType, scope: Scope): Selection {
  const nodes = sets.flatMap((set) => collect(set, on, scope));
  return toSelection(nodes.flatMap((node) => toSelected(node, on, scope)));
}

/**
 * What is selected below the field being resolved. Where it returns an interface, `type` names the
 * object type it will be, so that fragments on others do not count.
 */
export function selectionOf(info: GraphQLResolveInfo, type?: string): Selection {
  const named = type ? info.schema.getType(type) : getNamedType(info.returnType);
  const sets = info.fieldNodes.flatMap((node) => (node.selectionSet ? [node.selectionSet] : []));
  return isCompositeType(named) ? select(sets, named, info) : toSelection([]);
}
