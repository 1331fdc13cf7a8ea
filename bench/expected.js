/* What a query must answer, worked out from the fixtures and the query alone. */
import { parse } from 'graphql';
import { named, restName, shapes } from './shapes.js';

const write = {
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

/** Takes what is selected out of a value; `type` is one of `shapes`, or what it writes, or unknown. */
function complete(value, selectionSet, type) {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((one) => complete(one, selectionSet, type));
  if (!selectionSet) return write[type]?.(value) ?? value;
  const on = type ?? value.type;
  return Object.fromEntries(
    selectionSet.selections.map((node) => [
      (node.alias ?? node.name).value,
      field(value, node, on),
    ]),
  );
}

/**
 * Returns the `data` that a query must answer. `roots` has the values of its root fields, by alias or
 * name: GitLab's rows, and the objects around them. Each object has its `type`, unless it is a member of a
 * row that `shapes` describes.
 */
export function expectedData(query, roots) {
  const [{ selectionSet }] = parse(query).definitions;
  return complete(roots, selectionSet);
}
