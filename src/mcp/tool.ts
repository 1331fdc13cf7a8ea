import * as z from 'zod';
import type { Clock } from '../util/clock.ts';
import { type InputSchema, parseArguments, toInputSchema } from './arguments.ts';
import type { Answer } from './text.ts';

/** Runs the GraphQL operations of one tool call, with the credential of the caller. */
export interface ToolCall {
  /**
   * Executes a document. Returns the data; fields that could not be read are null. Throws ToolError
   * if nothing could be read.
   */
  execute<Data>(document: string, variables: Readonly<Record<string, unknown>>): Promise<Data>;
  /**
   * Executes a subscription and returns the data of its events. The subscription shares its polling
   * with the caller's other subscriptions to the same object. It ends on `return` of the iterator,
   * and when the caller disconnects.
   */
  subscribe<Data>(
    document: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<AsyncIterableIterator<Data>>;
  readonly clock: Clock;
  /** Base URLs of GitLab's web pages. */
  readonly webUrls: readonly string[];
  /** Aborted when the gateway shuts down. */
  readonly shutdown: AbortSignal;
}

/** What tools/list says about a tool. */
interface ToolFacts {
  readonly name: string;
  readonly description: string;
  /** Whether the tool changes something in GitLab. @default false */
  readonly writes?: boolean;
  /** Whether a second call with the same arguments has no further effect. @default !writes */
  readonly idempotent?: boolean;
}

/** A tool for use by the server. `run` receives unchecked arguments. */
export interface Tool extends ToolFacts {
  readonly inputSchema: InputSchema;
  /** Throws ToolError with a sentence for the model. */
  run(given: unknown, call: ToolCall): Promise<Answer>;
}

/** Defines a tool. `run` receives checked arguments with their defaults. */
export function defineTool<Shape extends z.core.$ZodLooseShape>(
  facts: ToolFacts & {
    arguments: Shape;
    run(args: z.infer<z.ZodObject<Shape, z.core.$strict>>, call: ToolCall): Promise<Answer>;
  },
): Tool {
  const { arguments: shape, run, ...rest } = facts;
  const schema = z.strictObject(shape);
  const inputSchema = toInputSchema(schema);
  return {
    ...rest,
    inputSchema,
    async run(given, call) {
      const args = parseArguments(given, { tool: facts.name, schema, inputSchema });
      return run(args as z.infer<z.ZodObject<Shape, z.core.$strict>>, call);
    },
  };
}
