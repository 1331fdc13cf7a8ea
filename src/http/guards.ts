import type { YogaServerOptions } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Config } from '../app/config.ts';
import type { Context } from '../context/context.ts';
import { useHiddenSchema } from '../operation/document-cache.ts';
import { useQueryLimits } from '../operation/limits.ts';
import { type Manifest, useTrustedDocuments } from '../operation/trusted-documents.ts';
import { useCsrfPrevention } from './origin.ts';
import { useReadableParameters } from './readable-parameters.ts';
import { useCors, useSecurityHeaders } from './response-headers.ts';

type GuardConfig = Pick<Config, 'limits' | 'introspection' | 'corsOrigins' | 'trustedDocuments'>;

/** Characters of all documents that are kept parsed: a few thousand operations. */
const KEPT_CHARACTERS = 500_000;

/** By length, since by number a few thousand large documents would fill the memory. */
function createDocumentCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_value, text) => text.length + 1,
  });
}

/** What keeps the gateway safe on the open network, in the order in which a request meets it. */
export function useGuards(config: GuardConfig, manifest: Manifest | undefined) {
  const origins = config.corsOrigins;
  return [
    useSecurityHeaders(),
    ...(origins.length > 0 ? [useCors({ origins })] : []),
    useCsrfPrevention({ origins }),
    useReadableParameters(),
    useTrustedDocuments({ manifest, only: config.trustedDocuments?.only }),
    useQueryLimits(config.limits),
    ...(config.introspection ? [] : [useHiddenSchema()]),
  ];
}

/** The limits that Yoga itself holds requests to. */
export function guardOptions({ limits }: GuardConfig) {
  return {
    multipart: false,
    batching: limits.batch > 0 && { limit: limits.batch },
    maxRequestBodySize: limits.bodyBytes,
    parserAndValidationCache: {
      documentCache: createDocumentCache(),
      // What cannot be parsed is parsed each time: a kept error has lost its code by then.
      errorCache: { get: () => undefined, set: () => {} },
    },
  } satisfies Partial<YogaServerOptions<object, Context>>;
}
