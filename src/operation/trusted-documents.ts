import { readFileSync } from 'node:fs';
import { type OperationParams, requireQuery } from './params.ts';
import { requestError } from './request-error.ts';

/** Trusted documents by their hash. */
export type Manifest = ReadonlyMap<string, string>;

/** Reads a manifest of GraphQL Code Generator's client preset: `{ "<hash>": "<document>" }`. */
export function readManifest(file: string): Manifest {
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const entries = Object.entries(typeof found === 'object' && found !== null ? found : {});
  if (Array.isArray(found) || entries.length === 0) throw new Error('it holds no documents');
  for (const [hash, document] of entries) {
    if (typeof document !== 'string') throw new Error(`${hash} is not the text of a document`);
  }
  return new Map(entries as [string, string][]);
}

/** The document of a request. */
export interface RequestedDocument {
  query: string;
  /** Whether it is in the manifest. */
  isTrusted: boolean;
}

export type TrustedDocuments = ReturnType<typeof createTrustedDocuments>;

function refuse(message: string, code: string, status: number): Error {
  return requestError(message, { code, status, onlyNewMediaType: true });
}

/** `documentId` (GraphQL over HTTP) or Apollo's `extensions.persistedQuery.sha256Hash`. */
function hashOf({ documentId, extensions }: OperationParams): unknown {
  const persisted = extensions['persistedQuery'] as { sha256Hash?: unknown } | null | undefined;
  return documentId ?? persisted?.sha256Hash;
}

function findDocument(manifest: Manifest, hash: unknown): string | undefined {
  if (typeof hash !== 'string') return undefined;
  // Both the request and the manifest may have the prefix of an algorithm, such as `sha256:`.
  return manifest.get(hash) ?? manifest.get(hash.replace(/^[\w-]+:/, ''));
}

/** With `only`, documents that are not in the manifest are refused before they are parsed. */
export function createTrustedDocuments(manifest: Manifest | undefined, only: boolean) {
  const trusted = new Set(manifest?.values());
  return {
    /** Finds the document of a request: its own text, or a trusted document by hash. */
    resolve(params: OperationParams): RequestedDocument {
      const hash = params.query ? undefined : hashOf(params);
      if (hash == null) {
        const query = requireQuery(params);
        const isTrusted = trusted.has(query);
        if (isTrusted || !only) return { query, isTrusted };
        const message = 'Only trusted documents are served: send the hash of one as `documentId`.';
        throw refuse(message, 'QUERY_NOT_IN_SAFELIST', 403);
      }
      if (!manifest) {
        const message = 'This gateway has no trusted documents: send the document itself.';
        throw refuse(message, 'PERSISTED_QUERY_NOT_SUPPORTED', 400);
      }
      const query = findDocument(manifest, hash);
      if (query !== undefined) return { query, isTrusted: true };
      throw refuse('No trusted document has this hash.', 'PERSISTED_QUERY_NOT_FOUND', 404);
    },
  };
}
