import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { readOperations } from './example-operations.ts';
import { isPageView, type Route } from './server.ts';

/** Where GraphiQL is served, and what its tabs may show. */
export interface GraphiQLOptions {
  /** Where GraphQL is served: browsers that open it get GraphiQL. @default '/graphql' */
  endpoint?: string | undefined;
  /**
   * Tokens by header name, put into the page for everybody to see: for the demo alone, whose tokens
   * are no secret.
   * @default none
   */
  tokens?: Readonly<Record<string, string>> | undefined;
}

/** A file of the page, kept compressed: nearly every client takes it so. */
interface Asset {
  name: string;
  type: string;
  gzipped: Buffer;
}

/** The page and its files. */
interface Site {
  /** The page; its argument leads from the page's folder to the folder of `graphiql/`. */
  page(root: '' | '../'): string;
  assets: ReadonlyMap<string, Asset>;
}

const TITLE = 'GitLab Jobs';
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><rect width="32" height="32" rx="7" fill="#7b3fe4"/><path d="M12 9v14l11-7z" fill="#fff"/></svg>';
/** Stands in the headers editor where no token is given; GraphiQL allows comments there. */
const TOKEN_HINT = '// Your token: { "PRIVATE-TOKEN": "glpat-…" }\n';

/**
 * Nothing but our own origin is loaded or called, and no script stands in the page. Monaco, the
 * editor in GraphiQL, writes <style> elements and keeps fonts in data: addresses.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On the page and on its files: a worker obeys the policy that came with its own script. */
const SECURITY_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Runs in the browser, after GraphiQL's own script.
 * - Tabs are stored under `scope`, so that a demo and a real gateway on one address, or two versions
 *   of the demo, do not show each other's.
 * - GraphiQL shows a first tab's query but not its variables, unless they are given apart.
 * - Its tabs can be dragged, but with several of them on the first view it takes places for them that
 *   are far away: they flee from the pointer and cannot be clicked. So no drag begins (see STYLES).
 * - It would write every edit into the address; here an address is read once (`?query=…&variables=…`)
 *   and then left clean.
 */
const START = `
;(() => {
  const { scope, workers, ...given } = JSON.parse(document.getElementById('options').textContent);
  self.MonacoEnvironment = { getWorkerUrl: (_module, label) => workers[label] };
  const prefix = scope + '/';
  const names = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  const storage = {
    getItem: (name) => localStorage.getItem(prefix + name),
    setItem: (name, value) => localStorage.setItem(prefix + name, value),
    removeItem: (name) => localStorage.removeItem(prefix + name),
    clear: () => names().forEach((name) => localStorage.removeItem(name)),
    get length() { return names().length; },
  };
  const address = new URLSearchParams(location.search);
  const asked = address.get('query') && {
    query: address.get('query'),
    variables: address.get('variables') ?? '',
    initialHeaders: given.headers,
  };
  const keepTabsInPlace = (event) => event.target.closest('.graphiql-tab') && event.stopPropagation();
  document.addEventListener('pointerdown', keepTabsInPlace, true);
  if (location.search) history.replaceState(null, '', location.pathname);
  const isFirstVisit = !storage.getItem('graphiql:tabState');
  const defaultTabs = asked ? [asked, ...given.defaultTabs] : given.defaultTabs;
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
    shouldPersistHeaders: undefined,
    ...given,
    ...(asked || (isFirstVisit && defaultTabs[0])),
    defaultTabs,
    storage,
    endpoint: location.pathname,
    onEditQuery() {},
  });
})();
`;

/** Keeps tabs where they are, and the name in one line. */
const STYLES = `
.graphiql-tabs .graphiql-tab { transform: none !important; }
.graphiql-logo { white-space: nowrap; }
.graphiql-logo svg { margin-right: 8px; }
`;

const toGzip = promisify(gzip);
const fromGzip = promisify(gunzip);

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

async function toAsset(text: string, ending: 'js' | 'css'): Promise<Asset> {
  const type = ending === 'js' ? 'text/javascript' : 'text/css';
  return {
    name: `${digest(text)}.${ending}`,
    type: `${type}; charset=utf-8`,
    gzipped: await toGzip(text),
  };
}

/** GraphiQL's settings: one tab for each example operation. */
function toSettings(tokens: GraphiQLOptions['tokens']): Record<string, unknown> {
  const headersFor = (credential: string) => {
    const token = tokens?.[credential];
    return token && JSON.stringify({ [credential]: token }, null, 2);
  };
  const defaultTabs = readOperations().map(({ query, variables, credential }) => ({
    query,
    variables: Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : '',
    headers: headersFor(credential),
  }));
  return {
    scope: tokens ? `demo-${digest(JSON.stringify(defaultTabs))}` : 'gateway',
    title: TITLE,
    logo: ICON,
    headers: headersFor('PRIVATE-TOKEN') ?? TOKEN_HINT,
    // Tokens that somebody types are stored only if they tick the box in the settings.
    ...(tokens ? { shouldPersistHeaders: true } : { defaultEditorToolsVisibility: 'headers' }),
    defaultTabs,
  };
}

/** JSON that may stand inside a <script> element. */
function toScriptData(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** The 9 MB of GraphiQL are loaded here, when the first browser asks. */
async function buildSite(tokens: GraphiQLOptions['tokens']): Promise<Site> {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const [script, styles, editor, json, graphql] = await Promise.all([
    toAsset(graphiql.js + START, 'js'),
    toAsset(graphiql.css + STYLES, 'css'),
    toAsset(graphiql.editorWorkerService, 'js'),
    toAsset(graphiql.jsonWorker, 'js'),
    toAsset(graphiql.graphqlWorker, 'js'),
  ]);
  const settings = toSettings(tokens);
  return {
    assets: new Map([script, styles, editor, json, graphql].map((asset) => [asset.name, asset])),
    page(root) {
      const at = ({ name }: Asset) => `${root}graphiql/${name}`;
      const workers = { editorWorkerService: at(editor), json: at(json), graphql: at(graphql) };
      return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${TITLE}</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
    <link rel="stylesheet" href="${at(styles)}">
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root">Loading GraphiQL…</div>
    <script type="application/json" id="options">${toScriptData({ ...settings, workers })}</script>
    <script src="${at(script)}"></script>
  </body>
</html>
`;
    },
  };
}

/** What is answered: a body and its headers. */
type Answer = [string | Buffer, Record<string, string>];

async function answerAsset(asset: Asset, { headers: given }: IncomingMessage): Promise<Answer> {
  const isGzipWelcome = /\bgzip\b/.test(given['accept-encoding']?.toString() ?? '');
  const headers = {
    'Content-Type': asset.type,
    'Cache-Control': 'public, max-age=31536000, immutable',
    Vary: 'Accept-Encoding',
  };
  if (isGzipWelcome) return [asset.gzipped, { ...headers, 'Content-Encoding': 'gzip' }];
  return [await fromGzip(asset.gzipped), headers];
}

function answerPage(page: string): Answer {
  return [page, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }];
}

/** Answers what a browser asks of GraphiQL; undefined for every other request. */
function createResponder({ endpoint = '/graphql', tokens }: GraphiQLOptions) {
  const folder = `${endpoint.slice(0, endpoint.lastIndexOf('/'))}/graphiql/`;
  let site: Promise<Site> | undefined;
  const loadSite = () => {
    site ??= buildSite(tokens);
    return site;
  };
  return async (request: IncomingMessage, path: string): Promise<Answer | undefined> => {
    if (path.startsWith(folder)) {
      const asset = (await loadSite()).assets.get(path.slice(folder.length));
      return asset && answerAsset(asset, request);
    }
    if (!isPageView(request)) return undefined;
    if (path === endpoint) return answerPage((await loadSite()).page(''));
    if (path === `${endpoint}/`) return answerPage((await loadSite()).page('../'));
    return undefined;
  };
}

/**
 * Serves GraphiQL to browsers, entirely from this origin and under a strict content security policy: the page at the
 * endpoint itself, its files under `/graphiql/` with names that are their digests.
 */
export function createGraphiqlRoute(options: GraphiQLOptions = {}): Route {
  const respond = createResponder(options);
  return async ({ request, response, path }) => {
    const [body, headers] = (await respond(request, path)) ?? [];
    if (body === undefined) return false;
    response.writeHead(200, { ...SECURITY_HEADERS, ...headers });
    response.end(body);
    return true;
  };
}
