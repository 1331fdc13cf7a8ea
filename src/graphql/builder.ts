import SchemaBuilder from '@pothos/core';
import type { Context } from '../context/context.ts';

/** What the schema is written in: the context every resolver gets, and how scalars look inside and outside. */
export interface SchemaTypes {
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string | number };
    DateTime: { Input: string; Output: string };
    BigInt: { Input: string; Output: number | string };
    JSON: { Input: unknown; Output: unknown };
  };
}

/** `SchemaTypes` with Pothos's own defaults, for what is generic over them. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

/** The one Pothos builder; every noun file adds its types to it, `schema.ts` builds the result. */
export const builder = new SchemaBuilder<SchemaTypes>({});

builder.queryType({
  description:
    'Everything that can be read. A read of what is missing, or hidden from you, is null.',
});
builder.mutationType({
  description:
    'Everything that changes a job. What a caller can act on comes back in the payload’s `errors`; a missing or refused credential is a GraphQL error.',
});
builder.subscriptionType({
  description:
    'Everything that can be followed, over SSE or WebSocket. Each sends what is now, then every change, and completes when it is over. What ends it early is an error.',
});
