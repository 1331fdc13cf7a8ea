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

/** How large a document is once its fragments are laid out: for each number, that of its largest operation. */
export interface DocumentSize {
  /** Fields within fields. */
  depth: number;
  fields: number;
  rootFields: number;
  aliases: number;
  directives: number;
  /** Questions about the schema, and aliases below them: each repeats a large part of it. */
  introspections: number;
  /** Items of the longest list that is written in it. */
  listItems: number;
  /** Characters of the longest name: an alias stands in the answer once for each item of a list, and in each error. */
  nameLength: number;
}

/** What a selection set comes to. `here` counts the fields of the object itself. */
type Extent = Omit<DocumentSize, 'rootFields' | keyof Longest> & { here: number };

const emptySize: Extent = {
  depth: 0,
  fields: 0,
  here: 0,
  aliases: 0,
  directives: 0,
  introspections: 0,
};

/** `__schema` and `__type`. */
const INTROSPECTION = /^__(?!typename$)/;

function add(one: Extent, other: Extent): Extent {
  return {
    depth: Math.max(one.depth, other.depth),
    fields: one.fields + other.fields,
    here: one.here + other.here,
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
    introspections: one.introspections + other.introspections,
  };
}

/** Each fragment is measured once, so that one that doubles at every step is no work. */
function createMeasure(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const measured = new Map<string, Extent>();

  function ofFragment(name: string): Extent {
    const known = measured.get(name);
    const fragment = fragments.get(name);
    if (known || !fragment) return known ?? emptySize;
    // A fragment that leads to itself counts as nothing there; validation names the cycle.
    measured.set(name, emptySize);
    const extent = ofSet(fragment.selectionSet);
    const whole = { ...extent, directives: extent.directives + countDirectives(fragment) };
    measured.set(name, whole);
    return whole;
  }

  function ofSelection(node: SelectionNode): Extent {
    const directives = countDirectives(node);
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      return add(ofFragment(node.name.value), { ...emptySize, directives });
    }
    const below = node.selectionSet ? ofSet(node.selectionSet) : emptySize;
    if (node.kind === Kind.INLINE_FRAGMENT) return add(below, { ...emptySize, directives });
    return {
      depth: below.depth + 1,
      fields: below.fields + 1,
      here: 1,
      aliases: below.aliases + Number(Boolean(node.alias)),
      directives: below.directives + directives,
      introspections: INTROSPECTION.test(node.name.value)
        ? 1 + below.aliases
        : below.introspections,
    };
  }

  function ofSet({ selections }: SelectionSetNode): Extent {
    return selections.map(ofSelection).reduce(add, emptySize);
  }

  return ({ selectionSet, directives, variableDefinitions }: OperationDefinitionNode): Extent => {
    const carriers = [{ directives }, ...(variableDefinitions ?? [])];
    const own = carriers.reduce((sum, carrier) => sum + countDirectives(carrier), 0);
    return add(ofSet(selectionSet), { ...emptySize, directives: own });
  };
}

function countDirectives({ directives }: { directives?: readonly unknown[] | undefined }): number {
  return directives?.length ?? 0;
}

type Longest = Pick<DocumentSize, 'listItems' | 'nameLength'>;

function findLongest(document: DocumentNode, enough: number): Longest {
  const longest: Longest = { listItems: 0, nameLength: 0 };
  visit(document, {
    Name({ value }) {
      longest.nameLength = Math.max(longest.nameLength, value.length);
    },
    ListValue({ values }) {
      longest.listItems = Math.max(longest.listItems, values.length);
      return longest.listItems > enough ? BREAK : undefined;
    },
  });
  return longest;
}

/** Measures a document that was parsed, but not yet validated. Lists are looked at up to one of over `enough`. */
export function measureDocument(document: DocumentNode, enough: number): DocumentSize {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const measure = createMeasure(fragments);
  const extents = operations.map(measure);
  const most = (name: keyof Extent) => Math.max(0, ...extents.map((extent) => extent[name]));
  return {
    depth: most('depth'),
    fields: most('fields'),
    rootFields: most('here'),
    aliases: most('aliases'),
    directives: most('directives'),
    introspections: most('introspections'),
    ...findLongest(document, enough),
  };
}
