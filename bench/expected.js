/* Computes the expected `data` of a query from the fixtures and the query, without the measured program. */
import { parse } from 'graphql';
import { named, restName, shapes } from './shapes.js';

const convert = {
  ID: (value) => String(value),
  Upper: (value) => value.toUpperCase(),
};

function field(row, node, type) {
  const { name, alias, selectionSet } = node;
  if (name.value === '__typename') return type;
  const of = shapes[type]?.[name.value];
  const value = row[alias?.value] ?? row[name.value] ?? row[restName(name.value)] ?? null;
  return complete(value, selectionSet, of && named(of));
}

/**
 * Returns the selected part of a value. `type` is a type of `shapes` or a scalar type. If it is undefined, an
 * object has its type in `value.type`.
 */
function complete(value, selectionSet, type) {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((one) => complete(one, selectionSet, type));
  if (!selectionSet) return convert[type]?.(value) ?? value;
  const on = type ?? value.type;
  return Object.fromEntries(
    selectionSet.selections.map((node) => [
      (node.alias ?? node.name).value,
      field(value, node, on),
    ]),
  );
}

/**
 * Returns the expected `data` of a query. `roots` contains the values of its root fields, by alias or name:
 * rows of GitLab, and objects that contain them. Each object has its GraphQL type in `type`; for members of
 * a row, `shapes` has the type.
 */
export function expectedData(query, roots) {
  const [{ selectionSet }] = parse(query).definitions;
  return complete(roots, selectionSet);
}
