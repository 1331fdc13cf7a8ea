import { readdirSync, readFileSync } from 'node:fs';

/*
 * The example operations in schema/operations. They are GraphiQL's tabs, and examples in tests and
 * docs. Each file begins with a comment that explains it. The comment may contain these lines:
 * - `# variables: {…}`
 * - `# credential: JOB-TOKEN`, the name of a header; default PRIVATE-TOKEN
 */

export interface ExampleOperation {
  /** Such as `01-one-job`. */
  name: string;
  /** The document with its first comment, without the lines `# variables:` and `# credential:`. */
  query: string;
  variables: Record<string, unknown>;
  /** The name of the header for the credential. */
  credential: string;
}

const FOLDER = new URL('../../schema/operations/', import.meta.url);
const DIRECTIVE_LINE = /^# (variables|credential): (.*)\n/gm;
/**
 * Matches the last line of the comment if this line is only `#`. In the file, it separates the
 * explanation from the lines `variables:` and `credential:`, which were already removed.
 */
const EMPTY_COMMENT_LINE = /^#\n(?=\n|[^#])/m;

export function parseOperation(name: string, text: string): ExampleOperation {
  const lines = new Map([...text.matchAll(DIRECTIVE_LINE)].map(([, key, value]) => [key, value]));
  return {
    name,
    query: text.replace(DIRECTIVE_LINE, '').replace(EMPTY_COMMENT_LINE, ''),
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
