import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Creates a folder and returns its path. The folder is removed when the test ends. */
export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Writes a file and returns its path. The file is removed when the test ends. */
export function writeFile(text: string): string {
  const path = join(createFolder(), 'file');
  writeFileSync(path, text);
  return path;
}
