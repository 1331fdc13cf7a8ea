/* Prints comments of each folder of src drawn at random, for a reader who has not seen the code: node .ci/draw-comments.mjs [count] [seed] */
import { readdirSync, readFileSync } from 'node:fs';

const [count = 10, seed = Date.now() % 100_000] = process.argv.slice(2).map(Number);
let state = seed;
/** A pseudo-random number from 0 to 1 (mulberry32). */
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let value = Math.imul(state ^ (state >>> 15), 1 | state);
  value ^= value + Math.imul(value ^ (value >>> 7), 61 | value);
  return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
}

const COMMENT = /(?<!\S)\/\*[\s\S]*?\*\/|^[ \t]*\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*/gm;
const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
const folders = Map.groupBy
  ? Map.groupBy(files, (file) => file.split('/')[0])
  : files.reduce((map, file) => {
      const [folder] = file.split('/');
      return map.set(folder, [...(map.get(folder) ?? []), file]);
    }, new Map());

console.log(`seed ${seed}`);
for (const [folder, all] of folders) {
  const comments = all
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(`src/${file}`, 'utf8');
      return [...text.matchAll(COMMENT)].map((match) => {
        const line = text.slice(0, match.index).split('\n').length;
        const next = text
          .slice(match.index + match[0].length)
          .trim()
          .split('\n')[0];
        return `${file}:${line}\n${match[0]}\n    ${next}`;
      });
    });
  console.log(`\n=== ${folder}`);
  for (let drawn = 0; drawn < count && comments.length > 0; drawn += 1) {
    console.log(`\n${comments.splice(Math.floor(random() * comments.length), 1)[0]}`);
  }
}
