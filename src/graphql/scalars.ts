import { GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { builder } from './builder.ts';

/** ISO 8601 date, time and offset, the way GitLab writes them; seconds may carry any number of decimals. */
const ISO_DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

function invalid(what: string, value: unknown): GraphQLError {
  return new GraphQLError(`${what}, not ${JSON.stringify(value)?.slice(0, 60)}`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

builder.scalarType('DateTime', {
  description:
    'A moment as ISO 8601 text with its offset, exactly as GitLab sent it, such as "2026-11-23T09:30:00.123Z". Offsets differ from server to server and within one job: compare instants, not text.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value === 'string' && ISO_DATE_TIME.test(value)) return value;
    throw invalid('DateTime must be ISO 8601 text with an offset', value);
  },
});

/** Whole numbers as JSON numbers while JSON is exact, as text beyond 2^53. */
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
    'A whole number beyond 32 bits, such as a file size. A JSON number up to 2^53; beyond that, text.',
  serialize: serializeBigInt,
  parseValue: parseBigInt,
  parseLiteral: (node: ValueNode) =>
    parseBigInt(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : node.kind),
});

builder.scalarType('JSON', {
  description: 'Any JSON value: text, number, boolean, null, list or object.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables),
});
