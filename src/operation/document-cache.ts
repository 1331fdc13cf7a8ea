import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { type CompiledOperation, compile } from '../compiler/compile.ts';

/** An operation by its text, and by its name where the text has several. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | undefined;
}

/** Compiled operations. */
export interface OperationCache {
  /** Undefined for what is not asked for often enough, was refused, or is not for compiling. */
  find(asked: OperationRequest): CompiledOperation | undefined;
}

/** Bytes of all programs that are kept. */
const KEPT_BYTES = 40_000_000;
/** What a program takes besides its fields and text. */
const BYTES_OF_PROGRAM = 500;
/** What a compiled field takes: 3.3 MB were measured for a program of 850. */
const BYTES_OF_FIELD = 4_000;
/** Larger programs are not kept: a short document can lay out to thousands of fields. */
const MAX_FIELDS = 2_500;

/** In characters. Longer texts are mostly comments: what a front end asks is 2,000 tokens at most (`MAX_TOKENS`). */
const MAX_LENGTH = 50_000;

/** Operations without a program that are remembered, by a digest: a long text takes no more room than a short one. */
const MAX_REMEMBERED = 10_000;
/** Counted in place of uses for what was refused, or is not for compiling. */
const NEVER = Number.POSITIVE_INFINITY;

const digestOf = (key: string) => createHash('sha256').update(key).digest('base64');

/**
 * Compiles operations once they were asked for before, since what a tool asks once is seldom asked again.
 * What has no program is remembered apart from the programs, so that no number of strange documents, nor their
 * length, has a front end's forgotten. `admit` parses and validates a document by all rules of the server;
 * undefined for one that breaks any.
 */
export function createOperationCache(deps: {
  schema: GraphQLSchema;
  admit(query: string): DocumentNode | undefined;
  /** How often an operation is left to the general executor. @default 1 */
  usesBefore?: number | undefined;
}): OperationCache {
  const { schema, admit, usesBefore = 1 } = deps;
  const programs = new LRUCache<string, CompiledOperation>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ fields }, key) =>
      BYTES_OF_PROGRAM + 2 * key.length + fields * BYTES_OF_FIELD,
  });
  /** How often each was asked for. */
  const uses = new LRUCache<string, number>({ max: MAX_REMEMBERED });

  const compileAsked = ({ query, operationName }: OperationRequest) => {
    const document = admit(query);
    const compiled = document && compile(schema, document, operationName);
    return compiled && compiled.fields <= MAX_FIELDS ? compiled : undefined;
  };
  /** Takes note of one without a program, and makes it one when it is due. */
  const meet = (asked: OperationRequest, key: string): CompiledOperation | undefined => {
    const digest = digestOf(key);
    const before = uses.get(digest) ?? 0;
    const isDue = before === usesBefore;
    const made = isDue ? compileAsked(asked) : undefined;
    if (made) programs.set(key, made);
    else uses.set(digest, isDue ? NEVER : before + 1);
    return made;
  };
  return {
    find(asked) {
      if (asked.query.length > MAX_LENGTH) return undefined;
      // A name has no space in it, so no two operations have one key.
      const key = `${asked.operationName ?? ''} ${asked.query}`;
      return programs.get(key) ?? meet(asked, key);
    },
  };
}

const SUGGESTION = / Did you mean .*$/s;

function hideSuggestions(result: unknown): void {
  const { errors = [] } = result as { errors?: readonly GraphQLError[] };
  for (const error of errors) {
    // An error with a path is what a resolver said: nothing about the schema.
    if (!error.path) error.message = error.message.replace(SUGGESTION, '');
  }
}

/**
 * Keeps the schema to those who have it: no introspection, and no names suggested in errors about
 * documents or variables.
 */
export function useHiddenSchema(): Plugin {
  return {
    onValidate({ addValidationRule, setValidationFn }) {
      addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules) =>
        validate(schema, document, rules, { hideSuggestions: true }),
      );
    },
    onExecute: () => ({ onExecuteDone: ({ result }) => hideSuggestions(result) }),
    onSubscribe: () => ({ onSubscribeResult: ({ result }) => hideSuggestions(result) }),
  };
}
