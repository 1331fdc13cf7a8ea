import {
  BREAK,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
  visit,
} from 'graphql';
import { responseKeyOf } from '../graphql/selection.ts';

/** Metrics of a selection set with fragments expanded. */
interface SelectionSize {
  /** Maximum nesting of fields. */
  depth: number;
  fields: number;
  /** Number of fields directly in the selection set, without nested ones. */
  rootFields: number;
  aliases: number;
  directives: number;
  /**
   * The number of `__schema` and `__type` fields, plus the number of aliases below them. Each of
   * these can repeat a large part of the schema in the response.
   */
  introspections: number;
  /**
   * The estimated number of pairs of selections that the validation rule
   * OverlappingFieldsCanBeMerged compares. For example, three selections with the same response
   * name in one selection set are three pairs. Fields below them and fragment spreads add further
   * pairs.
   */
  overlaps: number;
  /** The number of items in all list literals of arguments. */
  inputItems: number;
}

/** Metrics of a document. Those of `SelectionSize` are the maximum over its operations. */
export interface DocumentSize extends SelectionSize {
  /** The number of items in the longest list literal. */
  listItems: number;
  /**
   * The length of the longest name in characters. It is limited because a response repeats an alias
   * in each list item and error.
   */
  nameLength: number;
  /** The length of the longest string literal in characters. */
  textLength: number;
  /**
   * The work of measuring: how many response names and variables were copied from fragments and
   * fields into the enclosing selection set. Measuring stops just above `MAX_MERGES`.
   */
  merges: number;
}

/**
 * Maximum `merges` of a document. Measuring a document with so many takes 20 ms. A document of 100
 * fragments with 100 fields each has 20,000.
 */
export const MAX_MERGES = 100_000;

/**
 * How often the arguments of an operation contain each variable, by name, with fragments expanded.
 * For a document of several operations, the highest number of any of them.
 */
export type VariableUses = ReadonlyMap<string, number>;

/** The selections in one selection set that have the same response name. */
interface SameName {
  count: number;
  /** Number of fields below these selections. */
  fields: number;
}

interface Extent extends SelectionSize {
  /** Selections directly in the set, by response name. All fragment spreads have the name "...". */
  names: ReadonlyMap<string, SameName>;
  uses: VariableUses;
}

const emptySize: SelectionSize = {
  depth: 0,
  fields: 0,
  rootFields: 0,
  aliases: 0,
  directives: 0,
  introspections: 0,
  overlaps: 0,
  inputItems: 0,
};
const noUses: VariableUses = new Map();
const emptyExtent: Extent = { ...emptySize, names: new Map(), uses: noUses };
const fragmentSpread: Extent = {
  ...emptySize,
  names: new Map([['...', { count: 1, fields: 0 }]]),
  uses: noUses,
};

/** Matches `__schema` and `__type`, but not `__typename`. */
const INTROSPECTION = /^__(?!typename$)/;

function addUses(sum: Map<string, number>, other: VariableUses): void {
  for (const [name, count] of other) sum.set(name, count + (sum.get(name) ?? 0));
}

interface Sum extends Extent {
  names: Map<string, SameName>;
  uses: Map<string, number>;
}

/** Adds the metrics of `other` to `sum`. */
function addTo(sum: Sum, other: Extent): void {
  sum.depth = Math.max(sum.depth, other.depth);
  sum.fields += other.fields;
  sum.rootFields += other.rootFields;
  sum.aliases += other.aliases;
  sum.directives += other.directives;
  sum.introspections += other.introspections;
  sum.overlaps += other.overlaps;
  sum.inputItems += other.inputItems;
  addUses(sum.uses, other.uses);
  for (const [name, { count, fields }] of other.names) {
    const known = sum.names.get(name);
    sum.names.set(name, {
      count: count + (known?.count ?? 0),
      fields: fields + (known?.fields ?? 0),
    });
  }
}

/**
 * Estimates how many pairs of selections validation compares in one selection set. Every two
 * selections with the same response name are a pair. Each such pair adds as many pairs as there are
 * fields below one of its selections, on average.
 */
function overlapsIn({ names }: Extent): number {
  let overlaps = 0;
  for (const { count, fields } of names.values()) {
    overlaps += ((count - 1) / 2) * (count + fields);
  }
  return overlaps;
}

/** Returns the number of items in all list literals of a value. Adds its variables to `uses`. */
function measureInput(value: ValueNode, uses: Map<string, number>): number {
  switch (value.kind) {
    case Kind.VARIABLE:
      addUses(uses, new Map([[value.name.value, 1]]));
      return 0;
    case Kind.LIST: {
      const { values } = value;
      return values.reduce((sum, item) => sum + measureInput(item, uses), values.length);
    }
    case Kind.OBJECT:
      return value.fields.reduce((sum, field) => sum + measureInput(field.value, uses), 0);
    default:
      return 0;
  }
}

/**
 * Creates a function that measures an operation. It measures each fragment once, so the work does
 * not grow with the number of expanded fields.
 */
function createMeasure(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const measured = new Map<string, Extent>();
  let merges = 0;

  /**
   * Adds a field or a fragment to the selection set that contains it. Does nothing if the document
   * is already known to be too large.
   */
  function merge(sum: Sum, other: Extent): void {
    if (merges > MAX_MERGES) return;
    merges += other.names.size + other.uses.size;
    addTo(sum, other);
  }

  function ofFragment(name: string): Extent {
    const known = measured.get(name);
    const fragment = fragments.get(name);
    if (known || !fragment) return known ?? emptyExtent;
    // A spread inside its own fragment counts as empty. Validation reports the cycle.
    measured.set(name, emptyExtent);
    const extent = ofSet(fragment.selectionSet);
    extent.directives += countDirectives(fragment);
    measured.set(name, extent);
    return extent;
  }

  function ofField(node: SelectionNode & { kind: Kind.FIELD }): Extent {
    const below = node.selectionSet ? ofSet(node.selectionSet) : emptyExtent;
    const isIntrospection = INTROSPECTION.test(node.name.value);
    const name = responseKeyOf(node);
    const uses = new Map(below.uses);
    merges += uses.size;
    let { inputItems } = below;
    for (const { value } of node.arguments ?? []) inputItems += measureInput(value, uses);
    return {
      depth: below.depth + 1,
      fields: below.fields + 1,
      rootFields: 1,
      aliases: below.aliases + Number(Boolean(node.alias)),
      directives: below.directives + countDirectives(node),
      introspections: isIntrospection ? 1 + below.aliases : below.introspections,
      overlaps: below.overlaps + overlapsIn(below),
      inputItems,
      names: new Map([[name, { count: 1, fields: below.fields }]]),
      uses: uses.size > 0 ? uses : noUses,
    };
  }

  function ofSet({ selections }: SelectionSetNode) {
    const sum: Sum = { ...emptySize, names: new Map(), uses: new Map() };
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        merge(sum, ofField(node));
        continue;
      }
      sum.directives += countDirectives(node);
      if (node.kind === Kind.INLINE_FRAGMENT) {
        merge(sum, ofSet(node.selectionSet));
      } else {
        merge(sum, ofFragment(node.name.value));
        merge(sum, fragmentSpread);
      }
    }
    return sum;
  }

  return ({ selectionSet, directives, variableDefinitions }: OperationDefinitionNode) => {
    const extent = ofSet(selectionSet);
    extent.overlaps += overlapsIn(extent);
    for (const carrier of [{ directives }, ...(variableDefinitions ?? [])]) {
      extent.directives += countDirectives(carrier);
    }
    return { ...extent, merges };
  };
}

function countDirectives({ directives }: { directives?: readonly unknown[] | undefined }): number {
  return directives?.length ?? 0;
}

function findLongest(document: DocumentNode, maxItems: number) {
  const longest = { listItems: 0, nameLength: 0, textLength: 0 };
  visit(document, {
    Name({ value }) {
      longest.nameLength = Math.max(longest.nameLength, value.length);
    },
    StringValue({ value }) {
      longest.textLength = Math.max(longest.textLength, value.length);
    },
    ListValue({ values }) {
      longest.listItems = Math.max(longest.listItems, values.length);
      return longest.listItems > maxItems ? BREAK : undefined;
    },
  });
  return longest;
}

/**
 * Measures a document before its validation. Stops the search for the longest list, name and string
 * at a list of more than `maxItems` items, because the document is then refused anyway.
 */
export function measureDocument(
  document: DocumentNode,
  maxItems: number,
): { size: DocumentSize; uses: VariableUses } {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const size = { ...emptySize, ...findLongest(document, maxItems), merges: 0 };
  const uses = new Map<string, number>();
  for (const extent of operations.map(createMeasure(fragments))) {
    for (const [name, count] of extent.uses) uses.set(name, Math.max(count, uses.get(name) ?? 0));
    size.merges = Math.max(size.merges, extent.merges);
    for (const name of Object.keys(emptySize) as (keyof SelectionSize)[]) {
      size[name] = Math.max(size[name], extent[name]);
    }
  }
  return { size, uses };
}
