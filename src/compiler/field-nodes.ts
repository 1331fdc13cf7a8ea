import type { FieldNode, GraphQLObjectType, SelectionSetNode } from 'graphql';
import { responseKeyOf, selectionSetsOf } from '../graphql/selection.ts';
import { type Scope, selectedFields } from './fields.ts';
import type { Path } from './run.ts';

/**
 * A field in the response: its nodes, their selections, and the fields in the selections by type
 * and response key.
 */
interface Place {
  readonly nodes: readonly FieldNode[];
  readonly sets: readonly SelectionSetNode[];
  readonly byType: Map<string, ReadonlyMap<string, Place>>;
}

const placeOf = (nodes: readonly FieldNode[]): Place => ({
  nodes,
  sets: selectionSetsOf(nodes),
  byType: new Map(),
});

/**
 * Returns a function that finds the nodes of the field at a path of the response, for the locations
 * of errors. Writers do not know the nodes, because several fields may share a writer. `sets` are
 * the selections of the operation.
 */
export function createNodeFinder(
  sets: readonly SelectionSetNode[],
  scope: Scope,
): (path: Path | undefined) => readonly FieldNode[] {
  const fieldsOf = (place: Place, typename: string): ReadonlyMap<string, Place> => {
    const known = place.byType.get(typename);
    if (known) return known;
    const on = scope.schema.getType(typename) as GraphQLObjectType;
    const fields = new Map(
      selectedFields(place.sets, on, scope).map((nodes) => [
        responseKeyOf(nodes[0]),
        placeOf(nodes),
      ]),
    );
    place.byType.set(typename, fields);
    return fields;
  };
  const root: Place = { nodes: [], sets, byType: new Map() };
  const find = (path: Path | undefined): Place => {
    if (!path) return root;
    const parent = find(path.prev);
    // A part of the path without a type name is an index of a list.
    if (path.typename === undefined) return parent;
    return fieldsOf(parent, path.typename).get(String(path.key)) ?? parent;
  };
  return (path) => find(path).nodes;
}
