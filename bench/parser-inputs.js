/* Logs for the measurements of the parser. Each has 20 MB and consists of one part, repeated. */
import { jobLogs, toScript } from '../dist/simulator/demo-logs.js';

const BYTES = 20_000_000;
const STARTED_AT = Date.UTC(2026, 0, 5, 9);

const ESC = '\u001b';
const clear = `${ESC}[0K`;

const many = (count, line) => Array.from({ length: count }, (_, at) => line(at)).join('');

const plain = many(500, (at) =>
  at % 4 === 0
    ? `  CC      build/obj/module-${at}.o\n`
    : `[${at}/500] Compiling crate v1.${at}.0 (/builds/acme/shop/crates/part-${at}), ${at * 7} units\n`,
);

const colored = many(500, (at) =>
  at % 3 === 0
    ? ` ${ESC}[32;1m✓${ESC}[0;m src/checkout/part-${at}.test.ts ${ESC}[90m(${at} tests)${ESC}[39m\n`
    : `${ESC}[36m[info]${ESC}[0m request ${at} was answered in ${ESC}[33;1m${at * 3} ms${ESC}[0m by worker ${at % 8}\n`,
);

const timed = many(50, (section) => {
  const seconds = STARTED_AT / 1_000 + section;
  const header = (at) =>
    `${new Date(seconds * 1_000 + at).toISOString().replace('Z', `${100 + at}Z`)} 01O `;
  const line = (at) =>
    `${header(at)}Fetched package ${at} of 20 from the registry in ${at * 5} ms\n`;
  return `${header(0)}section_start:${seconds}:part_${section}[collapsed=true]\r${clear}${ESC}[36;1mPart ${section}${ESC}[0;m
${many(20, line)}${header(99)}section_end:${seconds + 1}:part_${section}\r${clear}\n`;
});

const progress = many(20, (file) => {
  const step = (at) =>
    `Downloading layer-${file} ${'#'.repeat(at).padEnd(40, '.')} ${String(at * 2.5).padStart(5)}%\r`;
  return `${many(40, step)}Downloaded layer-${file}\n`;
});

const demo = Object.values(jobLogs)
  .flatMap((log) => toScript(log)(STARTED_AT, 60_000))
  .join('');

/** The repeated part of each log. Only `plain` has no escapes, section marks or carriage returns. */
export const inputs = {
  plain,
  colored,
  'sections and times': timed,
  'progress bars': progress,
  demo,
};

export const inputOf = (name) => Buffer.alloc(BYTES, inputs[name]);
