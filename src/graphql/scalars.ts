import { type GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { isDateTime } from '../util/formats.ts';
import { builder } from './builder.ts';
import { badUserInput, quote } from './client-errors.ts';

function invalid(what: string, value: unknown): GraphQLError {
  return badUserInput(`${what}, not ${quote(value)}`);
}

builder.scalarType('DateTime', {
  description:
    'An ISO 8601 date and time with its offset, as GitLab sent it, such as "2026-11-23T09:30:00.123Z". Offsets vary between servers and within one job, so compare instants instead of strings.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value === 'string' && isDateTime(value)) return value;
    throw invalid('DateTime must be ISO 8601 text with an offset', value);
  },
});

/** Returns a JSON number up to 2^53 - 1, and a string for larger values. */
function serializeBigInt(value: unknown): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function parseBigInt(value: unknown): string {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'string' && /^-?\d{1,19}$/.test(text)) return text;
  throw invalid('BigInt must be a whole number, or text of one', value);
}

builder.scalarType('BigInt', {
  description:
    'An integer of up to 64 bits, such as a file size. A JSON number up to 2^53 - 1, a string above.',
  serialize: serializeBigInt,
  parseValue: parseBigInt,
  parseLiteral: (node: ValueNode) =>
    parseBigInt(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : node.kind),
});

builder.scalarType('JSON', {
  description: 'Any JSON value: string, number, boolean, null, array or object.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables),
});
