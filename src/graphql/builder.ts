import SchemaBuilder from '@pothos/core';
import type { Context } from '../context/context.ts';

/** The types that Pothos uses: the context of resolvers, and the values of scalars. */
export interface SchemaTypes {
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string | number };
    DateTime: { Input: string; Output: string };
    BigInt: { Input: string; Output: number | string };
    JSON: { Input: unknown; Output: unknown };
  };
}

/** `SchemaTypes` with Pothos's defaults, for Pothos types such as `ArgBuilder<Types>`. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

/** The Pothos builder. Each file adds its types to it; schema.ts builds the schema. */
export const builder = new SchemaBuilder<SchemaTypes>({});

builder.queryType({
  description: 'All reads. An object that does not exist or is not visible to the caller is null.',
});
builder.mutationType({
  description:
    'All writes. Errors that a caller can handle are in the payload’s `errors`; a missing or rejected credential is a GraphQL error.',
});
builder.subscriptionType({
  description:
    'Live updates over SSE or WebSocket. Each subscription sends the current state, then every change. Those of a job or pipeline complete when it is finished. If a subscription ends early, the last event is an error.',
});
