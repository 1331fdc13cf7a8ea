import { readFileSync } from 'node:fs';
import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';

/** Documents by their hash, as a manifest has them. */
export type Manifest = ReadonlyMap<string, string>;

/** Reads a manifest as GraphQL Code Generator's client preset writes it: `{ "<hash>": "<document>" }`. */
export function readManifest(file: string): Manifest {
  const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const entries = Object.entries(typeof found === 'object' && found !== null ? found : {});
  if (Array.isArray(found) || entries.length === 0) throw new Error('it holds no documents');
  for (const [hash, document] of entries) {
    if (typeof document !== 'string') throw new Error(`${hash} is not the text of a document`);
  }
  return new Map(entries as [string, string][]);
}

/** What is trusted; nothing without a manifest. */
export interface TrustedDocumentsOptions {
  manifest?: Manifest | undefined;
  /** Whether any other document is refused. @default false */
  only?: boolean | undefined;
}

function refuse(message: string, code: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, spec: true } } });
}

/** Where clients put a hash: `documentId` (GraphQL over HTTP), or Apollo's `extensions.persistedQuery`. */
function hashOf(params: GraphQLParams & { documentId?: unknown }, request: Request): unknown {
  const { documentId, extensions } = params;
  const persisted = extensions?.['persistedQuery'] as { sha256Hash?: unknown } | null | undefined;
  const inAddress = () => new URL(request.url, 'http://localhost').searchParams.get('documentId');
  const given = documentId ?? persisted?.sha256Hash;
  return given ?? (request.method === 'GET' ? inAddress() : undefined);
}

function findDocument(manifest: Manifest, hash: unknown): string | undefined {
  // A value of JSON may have no text at all: `{ "toString": 1 }`.
  if (typeof hash !== 'string') return undefined;
  // `sha256:…` names the algorithm; manifests have the bare hash, or the same form.
  return manifest.get(hash) ?? manifest.get(hash.replace(/^[\w-]+:/, ''));
}

/**
 * Serves documents that were agreed on before by their hash. With `only`, any other document is
 * refused before it is parsed, however it came.
 */
export function useTrustedDocuments({ manifest, only }: TrustedDocumentsOptions): Plugin {
  const trusted = new Set(manifest?.values());
  return {
    onParams({ params, request, setParams }) {
      if (typeof params !== 'object' || params === null) return;
      const hash = hashOf(params, request);
      if (hash == null) return;
      const { documentId: _, ...others } = params as typeof params & { documentId?: unknown };
      if (others.query) {
        setParams(others);
        return;
      }
      if (!manifest) {
        const message = 'This gateway has no trusted documents: send the document itself.';
        throw refuse(message, 'PERSISTED_QUERY_NOT_SUPPORTED', 400);
      }
      const query = findDocument(manifest, hash);
      if (query === undefined) {
        throw refuse('No trusted document has this hash.', 'PERSISTED_QUERY_NOT_FOUND', 404);
      }
      setParams({ ...others, query });
    },
    onParse({ params: { source } }) {
      if (!only || trusted.has(String(typeof source === 'string' ? source : source.body))) return;
      const message = 'Only trusted documents are served: send the hash of one as `documentId`.';
      throw refuse(message, 'QUERY_NOT_IN_SAFELIST', 403);
    },
  };
}
