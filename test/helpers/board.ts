import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFolder } from './files.ts';
import { small } from './worlds.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The only operation in the manifest of the small board that `writeBoard` creates. */
export const boardDocument = `query Status { job(project: "42", id: "${small.fullJob}") { status } }`;

/** The files of a small board for tests, by path. Their names look like those of Vite. */
export const boardFiles = {
  'index.html':
    '<link rel="stylesheet" href="./assets/index-B2.css"><script type="module" src="./assets/index-A1.js"></script>',
  'documents.json': JSON.stringify({ [sha256(boardDocument)]: boardDocument }),
  'assets/index-A1.js': 'console.log("board");\n',
  'assets/index-B2.css': 'body { margin: 0 }\n',
};

/** Writes the files of a board to a new folder and returns its path. */
export function writeBoard(files: Readonly<Record<string, string>> = boardFiles): string {
  const folder = createFolder();
  mkdirSync(join(folder, 'assets'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
