import { createHash } from 'node:crypto';
import { createRequest, formatDocument, stringifyDocument } from '@urql/core';
import { defineConfig, loadEnv, type Plugin } from 'vite';
import * as generated from './src/generated/graphql.ts';

/**
 * Builds with Preact by default, because it has a tenth of React's size. `--mode react` uses React.
 */
const preact = {
  'react/jsx-runtime': 'preact/jsx-runtime',
  'react-dom/client': 'preact/compat/client',
  'react-dom': 'preact/compat',
  react: 'preact/compat',
};

/**
 * Returns the texts of all operations by hash. They must be the texts that `src/gateway.ts` sends.
 */
function listDocuments(): Record<string, string> {
  const operations = Object.entries(generated).filter(([name]) => name.endsWith('Document'));
  const documents = operations.map(([, document]) =>
    stringifyDocument(formatDocument(createRequest(String(document), {}).query)),
  );
  return Object.fromEntries(
    documents.map((text) => [createHash('sha256').update(text).digest('hex'), text]),
  );
}

/** Writes `documents.json`, the manifest of the board's operations as trusted documents. */
const trustedDocuments: Plugin = {
  name: 'trusted-documents',
  generateBundle() {
    const source = JSON.stringify(listDocuments(), null, 2);
    this.emitFile({ type: 'asset', fileName: 'documents.json', source });
  },
};

/**
 * Returns the gateway to which `npm run dev` forwards requests. Their Host header becomes the host
 * name of the gateway, which checks that header.
 */
function developmentGateway(mode: string) {
  const { GATEWAY_URL } = loadEnv(mode, '.', 'GATEWAY_');
  return { target: GATEWAY_URL ?? 'http://localhost:4000', changeOrigin: true };
}

const gateway = new URL('../../src/client/index.ts', import.meta.url).pathname;

export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [trustedDocuments],
  resolve: {
    alias: { ...(mode !== 'react' && preact), 'gitlab-jobs-gateway/client': gateway },
  },
  // The gateway's content security policy allows no inline scripts, and data: URLs only for images.
  // So assets and the preload script are not inlined.
  build: {
    outDir: '../../dist/board',
    emptyOutDir: true,
    // The texts of the licenses of the packages in the bundle.
    license: { fileName: 'LICENSES.md' },
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2022',
  },
  server: { proxy: { '^/(graphql|jobs/)': developmentGateway(mode) } },
}));
