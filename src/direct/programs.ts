import type { DocumentNode, GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type Compiled, compile } from '../execution/program.ts';

/** An operation by its text, and by its name where the text has several. */
export interface Asked {
  readonly query: string;
  readonly operationName: string | undefined;
}

/** Compiled operations. */
export interface Programs {
  /** Undefined for what is not asked for often enough, was refused, or is not for compiling. */
  find(asked: Asked): Compiled | undefined;
}

/** Characters of all documents that are remembered: a few thousand operations. */
const KEPT_CHARACTERS = 500_000;

/** What is known of one operation: how often it was asked, and from then on what it became. */
interface Entry {
  uses: number;
  compiled: Compiled | undefined;
}

/**
 * Compiles operations once they were asked for before, since what a tool asks once is seldom asked again.
 * `admit` parses and validates a document by all rules of the server; undefined for one that breaks any.
 */
export function createPrograms(deps: {
  schema: GraphQLSchema;
  admit(query: string): DocumentNode | undefined;
  /** How often an operation is left to the general executor. @default 1 */
  usesBefore?: number | undefined;
}): Programs {
  const { schema, admit, usesBefore = 1 } = deps;
  const entries = new LRUCache<string, Entry>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_entry, key) => key.length,
  });
  const entryOf = ({ query, operationName }: Asked): Entry => {
    const key = `${operationName ?? ''} ${query}`;
    const known = entries.get(key);
    if (known) return known;
    const entry: Entry = { uses: 0, compiled: undefined };
    entries.set(key, entry);
    return entry;
  };
  return {
    find(asked) {
      const entry = entryOf(asked);
      entry.uses += 1;
      if (entry.uses === usesBefore + 1) {
        const document = admit(asked.query);
        entry.compiled = document && compile(schema, document, asked.operationName);
      }
      return entry.compiled;
    },
  };
}
