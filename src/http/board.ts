import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redirect, sendAsset, sendPage, toAsset } from './page.ts';
import { type Route, type RoutedRequest, refuseMethod } from './server.ts';

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The references to files in the HTML document that Vite writes. */
const REFERENCE = /(?<==")\.\/assets\//g;

/** The file of the board's folder that contains its operations, a manifest of trusted documents. */
export const BOARD_DOCUMENTS = 'documents.json';

type Answer = (routed: RoutedRequest) => void | Promise<void>;

/** Returns the page. Its references are relative, so that a proxy may serve it below a path. */
function readPage(folder: string): string {
  return readFileSync(join(folder, 'index.html'), 'utf8').replaceAll(REFERENCE, 'board/assets/');
}

/** Reads the files of the built board. Returns how each path is answered. */
function readAnswers(folder: string): ReadonlyMap<string, Answer> {
  const page = readPage(folder);
  const answers = new Map<string, Answer>([
    ['/board', (routed) => sendPage(page, CONTENT_SECURITY_POLICY, routed)],
    ['/board/', (routed) => redirect('../board', routed)],
  ]);
  for (const name of readdirSync(join(folder, 'assets'))) {
    const asset = toAsset(name, readFileSync(join(folder, 'assets', name)));
    answers.set(`/board/assets/${name}`, async (routed) =>
      sendAsset(await asset, CONTENT_SECURITY_POLICY, routed),
    );
  }
  return answers;
}

/**
 * Serves the board, a web page: `/board` is the page, `/board/assets/` its files. They are the built
 * files of `folder`, which are read once. Throws if they cannot be read.
 */
export function createBoardRoute(folder: string): Route {
  const answers = readAnswers(folder);
  return async (routed) => {
    const answer = answers.get(routed.path);
    if (!answer) return false;
    if (routed.request.method === 'GET' || routed.request.method === 'HEAD') await answer(routed);
    else refuseMethod(routed, 'GET, HEAD');
    return true;
  };
}
