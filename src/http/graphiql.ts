import { createHash } from 'node:crypto';
import { loadOnce } from '../util/load-once.ts';
import { readOperations } from './example-operations.ts';
import { sendAsset, sendPage, toAsset } from './page.ts';
import { isPageView, type Route } from './server.ts';

/** Public tokens by header name, which the page shows to everyone. Only the demo has them. */
type ExampleTokens = Readonly<Record<string, string>> | undefined;

const TITLE = 'GitLab Jobs';
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><rect width="32" height="32" rx="7" fill="#7b3fe4"/><path d="M12 9v14l11-7z" fill="#fff"/></svg>';
/**
 * Initial content of GraphiQL's Headers tab if there are no example tokens. The tab allows
 * comments.
 */
const HEADERS_COMMENT = '// Your token: { "PRIVATE-TOKEN": "glpat-…" }\n';

/**
 * Allows no inline scripts, and only resources and requests of this origin, with two exceptions:
 * - Monaco, GraphiQL's editor, uses inline styles and fonts in data: URLs.
 * - The icon of the page is an image in a data: URL.
 *
 * The policy is also sent with the script files, because a worker uses the policy of its own
 * script.
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

/**
 * The script that runs in the browser, after GraphiQL's own script.
 * - Stores tabs under `scope`, so that a demo and a real gateway on one address do not show each
 *   other's tabs.
 * - Passes the variables of the first tab separately; otherwise GraphiQL shows only its query.
 * - Prevents dragging of tabs (see STYLES, too). With several initial tabs, GraphiQL computes wrong
 *   positions, so that tabs move away from the pointer and cannot be clicked.
 * - Reads the query string of a link (`?query=…&variables=…`) once, and removes it from the
 *   address.
 * - Replaces Yoga's `onEditQuery`, which would write each edit of the query into the address.
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

/** Prevents moving of tabs (see START), and keeps the title on one line. */
const STYLES = `
.graphiql-tabs .graphiql-tab { transform: none !important; }
.graphiql-logo { white-space: nowrap; }
.graphiql-logo svg { margin-right: 8px; }
`;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/** Returns a file of the page. Its name contains a hash of its content. */
async function toNamedAsset(text: string, ending: 'js' | 'css') {
  const name = `${digest(text)}.${ending}`;
  return { name, ...(await toAsset(name, text)) };
}

/** Returns GraphiQL's settings, with one tab for each example operation. */
function toSettings(tokens: ExampleTokens): Record<string, unknown> {
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
    headers: headersFor('PRIVATE-TOKEN') ?? HEADERS_COMMENT,
    // In the demo, GraphiQL stores headers in the browser. Elsewhere it stores the user's token
    // only if the user enables that in GraphiQL's settings.
    ...(tokens ? { shouldPersistHeaders: true } : { defaultEditorToolsVisibility: 'headers' }),
    defaultTabs,
  };
}

/** Returns a value as JSON that is safe inside a <script> element. */
function toScriptData(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Builds the page and its files. Called at the first request, because it loads GraphiQL's 9 MB. */
async function buildSite(tokens: ExampleTokens) {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const [script, styles, editor, json, graphql] = await Promise.all([
    toNamedAsset(graphiql.js + START, 'js'),
    toNamedAsset(graphiql.css + STYLES, 'css'),
    toNamedAsset(graphiql.editorWorkerService, 'js'),
    toNamedAsset(graphiql.jsonWorker, 'js'),
    toNamedAsset(graphiql.graphqlWorker, 'js'),
  ]);
  const settings = toSettings(tokens);
  return {
    assets: new Map([script, styles, editor, json, graphql].map((asset) => [asset.name, asset])),
    /** Returns the page. `root` is the relative URL of the folder that contains `graphiql/`. */
    page(root: '' | '../') {
      const at = ({ name }: { name: string }) => `${root}graphiql/${name}`;
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

const FOLDER = '/graphiql/';

/**
 * Serves GraphiQL: the page to browsers that open `/graphql`, and its files under `/graphiql/`.
 * File names contain a hash of the content. The page has a strict content security policy.
 */
export function createGraphiqlRoute(tokens: ExampleTokens): Route {
  const openSite = loadOnce(() => buildSite(tokens));
  return async (routed) => {
    const { request, path } = routed;
    const isPage = /^\/graphql\/?$/.test(path) && isPageView(request);
    if (!isPage && !path.startsWith(FOLDER)) return false;
    const { page, assets } = await openSite();
    if (isPage) {
      sendPage(page(path.endsWith('/') ? '../' : ''), CONTENT_SECURITY_POLICY, routed);
      return true;
    }
    const asset = assets.get(path.slice(FOLDER.length));
    if (asset) await sendAsset(asset, CONTENT_SECURITY_POLICY, routed);
    return asset !== undefined;
  };
}
