import { readdirSync, readFileSync } from 'node:fs';

/*
 * The example operations of schema/operations. The same files are GraphiQL's tabs, run in the tests
 * and stand in the documents. Each begins with a comment that says what it shows, and in it a line
 * `# variables: {…}`; an operation for another credential than a personal token names its header in
 * a line `# credential: JOB-TOKEN`.
 */

/** An example operation, ready to be run. */
export interface ExampleOperation {
  /** The file's name without its ending, such as `01-one-job`. */
  name: string;
  /** The document with the comment on what it shows, without the lines for programs. */
  query: string;
  variables: Record<string, unknown>;
  /** The header that carries the credential it needs. */
  credential: string;
}

const FOLDER = new URL('../../schema/operations/', import.meta.url);
const DIRECTIVE_LINE = /^# (variables|credential): (.*)\n/gm;
/** The comment's last, empty line, which parts it from the lines for programs. */
const PARTING_LINE = /^#\n(?=\n|[^#])/m;

/** Takes an example operation's file apart. */
export function parseOperation(name: string, text: string): ExampleOperation {
  const lines = new Map([...text.matchAll(DIRECTIVE_LINE)].map(([, key, value]) => [key, value]));
  return {
    name,
    query: text.replace(DIRECTIVE_LINE, '').replace(PARTING_LINE, ''),
    variables: JSON.parse(lines.get('variables') ?? '{}') as Record<string, unknown>,
    credential: lines.get('credential') ?? 'PRIVATE-TOKEN',
  };
}

/** Reads all example operations, in the order of their file names. */
export function readOperations(): ExampleOperation[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.graphql'));
  return files.sort().map((file) => {
    const text = readFileSync(new URL(file, FOLDER), 'utf8');
    return parseOperation(file.replace(/\.graphql$/, ''), text);
  });
}
