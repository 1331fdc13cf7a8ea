/*
 * Bundles the program: src/cli.ts and all that it imports become dist/cli.js and a few files in dist/program/.
 * Node loads these in half of the time of 700 small files (docs/decisions/019-bundled-program.md). The other
 * files in dist/ are for programs that import this package.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'rolldown';

const { output } = await build({
  input: 'src/cli.ts',
  platform: 'node',
  tsconfig: 'tsconfig.json',
  // Prefers ES modules, of which unused code is left out.
  resolve: { mainFields: ['module', 'main'] },
  // A text of 9 MB that only GraphiQL needs.
  external: ['@graphql-yoga/render-graphiql/graphiql'],
  output: {
    dir: 'dist',
    // As deep as the sources, some of which find `schema` and `dist/board` relative to themselves.
    chunkFileNames: 'program/[name].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
  logLevel: 'warn',
});

/** The text of the MIT license, for packages that name it but do not contain it. */
const [, mit] = readFileSync('LICENSE', 'utf8').split(/^Copyright.*\n\n/m);

/** Returns the notice of a package: its name, version and license, and the texts of its license files. */
function noticeOf(folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(`${folder}/package.json`, 'utf8'),
  );
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copyright)/i.test(file));
  const texts = files.map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
  if (texts.length === 0) {
    if (license !== 'MIT') throw new Error(`${folder} has no text of its license`);
    texts.push(`Copyright (c) ${author.name ?? author}`, mit.trim());
  }
  return [`# ${name} ${version} (${license})`, ...texts].join('\n\n');
}

// Licenses require that copies contain their text. Modules of rolldown itself begin with \0.
const modules = output.flatMap(({ moduleIds = [] }) => moduleIds);
const folders = modules.flatMap(
  (id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? [],
);
const notices = new Set([...folders, 'node_modules/rolldown'].map(noticeOf));
writeFileSync('dist/program/LICENSES.txt', `${[...notices].sort().join('\n\n\n')}\n`);
