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

/** Matches references to files in the HTML document that Vite writes. */
const REFERENCE = /(?<==")\.\/assets\//g;

/**
 * Name of a file in the folder of the board, the gateway's web page of pipelines. The file lists
 * the board's operations as a manifest of trusted documents.
 */
export const BOARD_DOCUMENTS = 'documents.json';

type Answer = (routed: RoutedRequest) => void | Promise<void>;

/**
 * Returns the board's HTML document. Its references are relative, so that a proxy may serve the
 * gateway below a path such as `/ci/`.
 */
function readPage(folder: string): string {
  return readFileSync(join(folder, 'index.html'), 'utf8').replaceAll(REFERENCE, 'board/assets/');
}

/** Reads the files of the built board. Returns a handler for each path. */
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
 * Serves the board, a web page, at `/board`, and its files below `/board/assets/`. `folder`
 * contains the built board, which is read once. Throws if it cannot be read.
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
