/**
 * The TypeScript types of the schema's scalars, for `scalars` of GraphQL Code Generator and
 * `customScalarTypes` of Relay. A DateTime is ISO 8601; a BigInt of 2^53 or more is a string.
 */
export const scalars = {
  DateTime: 'string',
  BigInt: 'number | string',
  JSON: 'unknown',
};
