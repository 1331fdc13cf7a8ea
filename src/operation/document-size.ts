import {
  BREAK,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';

/** Metrics of a selection set with fragments expanded. */
interface SelectionSize {
  /** Levels of nested fields. */
  depth: number;
  fields: number;
  /** Fields of the set itself. */
  rootFields: number;
  aliases: number;
  directives: number;
  /**
   * The number of `__schema` and `__type` fields, plus the aliases below them: each can repeat a
   * large part of the schema in the response.
   */
  introspections: number;
  /**
   * Pairs that validation compares: selections of one set that have one response name, and fragment
   * spreads.
   */
  overlaps: number;
}

/** Document metrics; each is the maximum over the document's operations. */
export interface DocumentSize extends SelectionSize {
  /** Items of the longest list literal. */
  listItems: number;
  /** Characters of the longest name: a response repeats an alias in each list item and error. */
  nameLength: number;
}

/** The selections in one set that have one response name. */
interface SameName {
  count: number;
  /** Fields below them. */
  fields: number;
}

interface Extent extends SelectionSize {
  /** Selections of the set itself, by response name; fragment spreads have the name "...". */
  names: ReadonlyMap<string, SameName>;
}

const emptySize: SelectionSize = {
  depth: 0,
  fields: 0,
  rootFields: 0,
  aliases: 0,
  directives: 0,
  introspections: 0,
  overlaps: 0,
};
const emptyExtent: Extent = { ...emptySize, names: new Map() };
const fragmentSpread = { ...emptySize, names: new Map([['...', { count: 1, fields: 0 }]]) };

/** `__schema` and `__type`. */
const INTROSPECTION = /^__(?!typename$)/;

/** Adds the selections of one set to another. */
function addTo(sum: Extent & { names: Map<string, SameName> }, other: Extent): void {
  sum.depth = Math.max(sum.depth, other.depth);
  sum.fields += other.fields;
  sum.rootFields += other.rootFields;
  sum.aliases += other.aliases;
  sum.directives += other.directives;
  sum.introspections += other.introspections;
  sum.overlaps += other.overlaps;
  for (const [name, { count, fields }] of other.names) {
    const known = sum.names.get(name);
    sum.names.set(name, {
      count: count + (known?.count ?? 0),
      fields: fields + (known?.fields ?? 0),
    });
  }
}

/**
 * Returns how many pairs of selections validation compares in a set, including the fields below
 * them.
 */
function overlapsIn({ names }: Extent): number {
  let overlaps = 0;
  for (const { count, fields } of names.values()) {
    overlaps += ((count - 1) / 2) * (count + fields);
  }
  return overlaps;
}

/** Measures each fragment once, so the cost does not grow with the expanded fields. */
function createMeasure(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const measured = new Map<string, Extent>();

  function ofFragment(name: string): Extent {
    const known = measured.get(name);
    const fragment = fragments.get(name);
    if (known || !fragment) return known ?? emptyExtent;
    // A circular spread counts as empty; validation reports the cycle.
    measured.set(name, emptyExtent);
    const extent = ofSet(fragment.selectionSet);
    extent.directives += countDirectives(fragment);
    measured.set(name, extent);
    return extent;
  }

  function ofField(node: SelectionNode & { kind: Kind.FIELD }): Extent {
    const below = node.selectionSet ? ofSet(node.selectionSet) : emptyExtent;
    const isIntrospection = INTROSPECTION.test(node.name.value);
    const name = (node.alias ?? node.name).value;
    return {
      depth: below.depth + 1,
      fields: below.fields + 1,
      rootFields: 1,
      aliases: below.aliases + Number(Boolean(node.alias)),
      directives: below.directives + countDirectives(node),
      introspections: isIntrospection ? 1 + below.aliases : below.introspections,
      overlaps: below.overlaps + overlapsIn(below),
      names: new Map([[name, { count: 1, fields: below.fields }]]),
    };
  }

  function ofSet({ selections }: SelectionSetNode) {
    const sum = { ...emptySize, names: new Map<string, SameName>() };
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        addTo(sum, ofField(node));
        continue;
      }
      sum.directives += countDirectives(node);
      if (node.kind === Kind.INLINE_FRAGMENT) {
        addTo(sum, ofSet(node.selectionSet));
      } else {
        addTo(sum, ofFragment(node.name.value));
        addTo(sum, fragmentSpread);
      }
    }
    return sum;
  }

  return ({ selectionSet, directives, variableDefinitions }: OperationDefinitionNode): Extent => {
    const extent = ofSet(selectionSet);
    extent.overlaps += overlapsIn(extent);
    for (const carrier of [{ directives }, ...(variableDefinitions ?? [])]) {
      extent.directives += countDirectives(carrier);
    }
    return extent;
  };
}

function countDirectives({ directives }: { directives?: readonly unknown[] | undefined }): number {
  return directives?.length ?? 0;
}

function findLongest(document: DocumentNode, maxItems: number) {
  const longest = { listItems: 0, nameLength: 0 };
  visit(document, {
    Name({ value }) {
      longest.nameLength = Math.max(longest.nameLength, value.length);
    },
    ListValue({ values }) {
      longest.listItems = Math.max(longest.listItems, values.length);
      return longest.listItems > maxItems ? BREAK : undefined;
    },
  });
  return longest;
}

/** Measures a document before its validation. Stops at a list of more than `maxItems` items. */
export function measureDocument(document: DocumentNode, maxItems: number): DocumentSize {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const size = { ...emptySize, ...findLongest(document, maxItems) };
  for (const extent of operations.map(createMeasure(fragments))) {
    for (const name of Object.keys(emptySize) as (keyof SelectionSize)[]) {
      size[name] = Math.max(size[name], extent[name]);
    }
  }
  return size;
}
