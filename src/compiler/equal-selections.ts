import {
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/*
 * Fields of one object with equal selections, such as 50 jobs by id under 50 aliases, share their
 * compiled writers. Selections are equal if their texts in the document are equal.
 */

/** Maximum length of a text that is compared. Comments can make a text long. */
const MAX_LENGTH = 10_000;

/** Printed selections, for documents that were parsed without locations. */
const printed = new WeakMap<SelectionSetNode, string>();

function printOnce(set: SelectionSetNode): string {
  const text = printed.get(set) ?? print(set);
  printed.set(set, text);
  return text;
}

function textOf({ selectionSet }: FieldNode): string | undefined {
  if (!selectionSet) return undefined;
  const { loc } = selectionSet;
  const text = loc ? loc.source.body.slice(loc.start, loc.end) : printOnce(selectionSet);
  return text.length > MAX_LENGTH || text.includes('$') ? undefined : text;
}

/**
 * Returns the text of a field's selections; `nodes` are the nodes of the field. Undefined if the
 * field has no selections, or if the text is long or contains a variable. If a variable has an
 * invalid value, the error names where the document uses the variable. That place differs between
 * two selections, so selections with variables cannot share a writer.
 */
export function selectionText(nodes: readonly FieldNode[]): string | undefined {
  const texts = new Set(nodes.map(textOf));
  return texts.has(undefined) ? undefined : [...texts].join();
}

/**
 * Returns how many fields are compiled for a selection set, with fragments expanded. Each field of
 * an object counts. If several of these fields have equal selections, the fields in the selections
 * count only once.
 */
export function countCompiledFields(
  root: SelectionSetNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): number {
  const known = new Map<SelectionSetNode, number>();

  const countBelow = (field: FieldNode, counted: Set<string>): number => {
    if (!field.selectionSet) return 0;
    const text = selectionText([field]);
    if (text !== undefined && counted.has(text)) return 0;
    if (text !== undefined) counted.add(text);
    return countIn(field.selectionSet);
  };
  const countOf = (selection: SelectionNode, counted: Set<string>): number => {
    if (selection.kind === Kind.FIELD) return 1 + countBelow(selection, counted);
    if (selection.kind === Kind.INLINE_FRAGMENT) return countIn(selection.selectionSet);
    const fragment = fragments[selection.name.value];
    return fragment ? countIn(fragment.selectionSet) : 0;
  };
  const countIn = (set: SelectionSetNode): number => {
    const before = known.get(set);
    if (before !== undefined) return before;
    const counted = new Set<string>();
    const count = set.selections.reduce((sum, one) => sum + countOf(one, counted), 0);
    known.set(set, count);
    return count;
  };
  return countIn(root);
}
