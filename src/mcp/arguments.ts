import * as z from 'zod';
import { nameText } from './text.ts';
import { ToolError } from './tool-error.ts';

/*
 * Schemas for the arguments of tools, and error messages that say which values are allowed.
 */

/** An id of GitLab. Accepts a string or a number, because language models write both. */
export const id = z.union([z.string().regex(/^\d{1,20}$/), z.int().positive()]).transform(String);

/** Returns the schema of a whole number with a default. */
export const whole = (byDefault: number, min: number, max: number) =>
  z.int().min(min).max(max).default(byDefault);

export const text = z.string().max(2048).optional();

/** The arguments that identify a pipeline or job. */
export const pipelineAddress = {
  url: text.describe('Of a job or pipeline. Or: project with pipeline, job or ref'),
  project: text,
  pipeline: id.optional(),
  job: id.optional(),
  ref: text,
};

/** The arguments that identify a job. */
export const jobAddress = {
  ...pipelineAddress,
  job_name: text.describe('With a pipeline or ref'),
};

/** The JSON Schema of an object, as tools/list sends it. */
export interface InputSchema {
  type: 'object';
  properties: Record<string, { minimum?: number; maximum?: number; type?: unknown }>;
  required?: string[];
  additionalProperties: false;
  [key: string]: unknown;
}

/**
 * The JSON Schema for an id in tools/list. Omits the pattern to keep the list short. The schema
 * `id` checks the pattern.
 */
const idSchema = { type: ['string', 'integer'] };

const isId = (schema: unknown): boolean => schema === id || schema === id.in;

/** Converts the schema of a tool's arguments to JSON Schema. */
export function toInputSchema(schema: z.ZodType): InputSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      if (isId(zodSchema)) Object.assign(jsonSchema, { anyOf: undefined, ...idSchema });
      delete jsonSchema.maxLength;
    },
  });
  return rest as unknown as InputSchema;
}

/** Quotes at most five names of unknown arguments for an error message. */
const quoteNames = (names: readonly string[]): string =>
  [
    ...names.slice(0, 5).map((name) => JSON.stringify(nameText(name, 40))),
    ...names.slice(5, 6).map(() => '…'),
  ].join(', ');

/** Returns the error message for an argument that must be an id. */
export const idSentence = (name: string): string =>
  `\`${name}\` must be GitLab's number as a string, such as "12345".`;

/** Returns the error message for an invalid argument. */
function describeIssue(issue: z.core.$ZodIssue, tool: string, schema: InputSchema): string {
  const names = Object.keys(schema.properties);
  if (issue.code === 'unrecognized_keys') {
    return `${tool} has no argument ${quoteNames(issue.keys)}. It has: ${names.join(', ')}.`;
  }
  const [name] = issue.path;
  if (name === undefined) return `The arguments of ${tool} must be an object.`;
  const { minimum, maximum, type } = schema.properties[String(name)] ?? {};
  if (Array.isArray(type)) return idSentence(String(name));
  if (minimum !== undefined && maximum !== undefined) {
    return `\`${String(name)}\` must be a whole number from ${minimum} to ${maximum}.`;
  }
  return `\`${issue.path.join('.')}\` is not valid: ${issue.message}.`;
}

/** Removes arguments that are null, because many models send null for arguments they do not use. */
function withoutNulls(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given ?? {};
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

/**
 * Checks the arguments of a tool; null counts as absent. If one is invalid, throws a ToolError that
 * says what is allowed.
 */
export function parseArguments<T>(
  given: unknown,
  { tool, schema, inputSchema }: { tool: string; schema: z.ZodType<T>; inputSchema: InputSchema },
): T {
  const parsed = schema.safeParse(withoutNulls(given));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ToolError(issue ? describeIssue(issue, tool, inputSchema) : parsed.error.message);
}
