import { readFileSync } from 'node:fs';
import { type OperationParams, requireQuery } from './params.ts';
import { requestError } from './request-error.ts';

/** Trusted documents by their hash, without a prefix such as `sha256:`. */
export type Manifest = ReadonlyMap<string, string>;

/** Removes the name of the algorithm before a hash, such as `sha256:`. */
const withoutAlgorithm = (hash: string) => hash.replace(/^[\w-]+:/, '');

/** Returns the pairs of hash and document in a manifest, without checking them. */
function listEntries(manifest: unknown): readonly (readonly [hash: unknown, document: unknown])[] {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return [];
  const { operations } = manifest as { operations?: unknown };
  if (!Array.isArray(operations)) return Object.entries(manifest);
  return operations.map((operation: { id?: unknown; body?: unknown } | null) => [
    operation?.id,
    operation?.body,
  ]);
}

/**
 * Reads a manifest of trusted documents. Throws if the file cannot be read, has no documents, or is
 * not valid. Two formats are supported:
 * - `{ "<hash>": "<document>" }`, from GraphQL Code Generator's client preset or Relay's compiler;
 * - `{ "operations": [{ "id": "<hash>", "body": "<document>" }] }`, from Apollo.
 */
export function readManifest(file: string): Manifest {
  const entries = listEntries(JSON.parse(readFileSync(file, 'utf8')));
  if (entries.length === 0) throw new Error('it holds no documents');
  const documents = new Map<string, string>();
  for (const [id, document] of entries) {
    if (typeof id !== 'string' || typeof document !== 'string') {
      throw new Error(`${String(id)} is not the hash and the text of a document`);
    }
    const hash = withoutAlgorithm(id);
    if ((documents.get(hash) ?? document) !== document) {
      throw new Error(`two documents have the hash ${hash}`);
    }
    documents.set(hash, document);
  }
  return documents;
}

export interface RequestedDocument {
  query: string;
  /** Whether the document is in a manifest, or was written by the gateway itself. */
  isTrusted: boolean;
}

export type TrustedDocuments = ReturnType<typeof createTrustedDocuments>;

function refuse(message: string, code: string, status: number): Error {
  return requestError(message, { code, status, onlyNewMediaType: true });
}

/**
 * Returns the hash of a trusted document: `documentId` (GraphQL over HTTP), or Apollo's
 * `extensions.persistedQuery.sha256Hash`.
 */
function hashOf({ documentId, extensions }: OperationParams): unknown {
  const persisted = extensions['persistedQuery'] as { sha256Hash?: unknown } | null | undefined;
  return documentId ?? persisted?.sha256Hash;
}

function findDocument(manifest: Manifest, hash: unknown): string | undefined {
  return typeof hash === 'string' ? manifest.get(withoutAlgorithm(hash)) : undefined;
}

/**
 * Throws the error for an unknown hash. After the message `PersistedQueryNotSupported`, clients
 * such as urql send no more hashes. So this message is sent only if there is no
 * TRUSTED_DOCUMENTS_FILE.
 */
function refuseHash(own: Manifest | undefined): never {
  if (own) throw refuse('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND', 404);
  throw refuse('PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED', 400);
}

/** The manifests whose documents are trusted. */
export interface Manifests {
  /** The manifest in TRUSTED_DOCUMENTS_FILE. */
  own?: Manifest | undefined;
  /** The manifest of the board, the gateway's web page. */
  board?: Manifest | undefined;
}

/**
 * Finds trusted documents. If `only` is true, documents that are not trusted are rejected before
 * they are parsed.
 */
export function createTrustedDocuments({ own, board }: Manifests, only: boolean) {
  const byHash: Manifest = new Map([...(board ?? []), ...(own ?? [])]);
  const trusted = new Set(byHash.values());
  return {
    /** Finds the document of a request: its own text, or a trusted document by hash. */
    resolve(params: OperationParams): RequestedDocument {
      const hash = params.query ? undefined : hashOf(params);
      if (hash != null)
        return { query: findDocument(byHash, hash) ?? refuseHash(own), isTrusted: true };
      const query = requireQuery(params);
      const isTrusted = trusted.has(query);
      if (isTrusted || !only) return { query, isTrusted };
      const message = 'Only trusted documents are served: send the hash of one as `documentId`.';
      throw refuse(message, 'QUERY_NOT_IN_SAFELIST', 403);
    },
  };
}
