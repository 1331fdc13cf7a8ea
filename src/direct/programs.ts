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

/** Bytes of all operations that are remembered. */
const KEPT_BYTES = 40_000_000;
/** What an operation takes besides. */
const BYTES_OF_ENTRY = 500;
/** What a compiled field takes: 3.3 MB were measured for a program of 850. */
const BYTES_OF_FIELD = 4_000;
/** Larger programs are not kept: a short document can lay out to thousands of fields. */
const MAX_FIELDS = 2_500;

/** What is known of one operation: how often it was asked, and from then on what it became. */
interface Entry {
  /** Counted until it is compiled. */
  readonly uses: number;
  readonly compiled: Compiled | undefined;
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
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ compiled }, key) =>
      BYTES_OF_ENTRY + 2 * key.length + (compiled ? compiled.fields * BYTES_OF_FIELD : 0),
  });
  const compileAsked = ({ query, operationName }: Asked) => {
    const document = admit(query);
    const compiled = document && compile(schema, document, operationName);
    return compiled && compiled.fields <= MAX_FIELDS ? compiled : undefined;
  };
  return {
    find(asked) {
      // A name has no space in it, so no two operations have one key.
      const key = `${asked.operationName ?? ''} ${asked.query}`;
      const { uses, compiled } = entries.get(key) ?? { uses: 0, compiled: undefined };
      if (uses > usesBefore) return compiled;
      const entry = {
        uses: uses + 1,
        compiled: uses === usesBefore ? compileAsked(asked) : undefined,
      };
      entries.set(key, entry);
      return entry.compiled;
    },
  };
}
