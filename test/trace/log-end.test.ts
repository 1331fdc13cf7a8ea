import { expect, it } from 'vitest';
import { findFailure } from '../../src/trace/failure-log.ts';
import { keepEnd } from '../../src/trace/log-end.ts';
import { bytesOf, parse } from './parse.ts';
import { end, green, section, start } from './runner-log.ts';

const pause = async () => {};

/** Keeps the end of a log. The log is read from `offset` on, in chunks of 7 bytes. */
function read(log: Uint8Array, { offset = 0, maxBytes = 1 << 18 } = {}) {
  async function* chunks() {
    for (let at = offset; at < log.length; at += 7) yield Buffer.from(log.subarray(at, at + 7));
  }
  return keepEnd(chunks(), { offset, maxBytes, pause });
}

async function linesOf(log: Uint8Array, options: Parameters<typeof read>[1]) {
  const { lines } = await (await read(log, options)).parsed();
  return Array.from(lines, ({ text }) => text);
}

/** A log without time headers, in which one line closes a section and opens another one. */
const untimed = [
  `${start('step_script')}Script\n${green('$ x')}\na\rb\nfailed: é 🚀\n${end('step_script')}`,
  `${section('after_script', 'After', 'tidy')}ERROR: Job failed: exit code 1\n`,
].join('');
const stamped = (text: string, flag = ' ') => `2026-11-29T10:00:00.000000Z 00O${flag}${text}\n`;
const timed = untimed
  .trimEnd()
  .split('\n')
  .map((line) => stamped(line))
  .join('');
const logs = [
  ['without timestamps', untimed],
  ['with timestamps', timed],
] as const;

it.each(logs)(
  'a log %s that is cut at any byte has lines that are the last of all',
  async (_name, text) => {
    const log = bytesOf(text);
    const all = Array.from(parse(log).lines, (line) => line.text);
    for (let offset = 1; offset <= log.length; offset += 1) {
      for (const options of [{ offset }, { maxBytes: log.length - offset }]) {
        const lines = await linesOf(log, options);
        expect(lines, `cut at ${offset}`).toEqual(all.slice(all.length - lines.length));
      }
    }
  },
);

it.each(logs)('a log %s that is cut in a section still names it', async (_name, text) => {
  const log = bytesOf(text);
  const whole = await findFailure(parse(log), pause);
  const cut = await read(log, { offset: text.indexOf('$ x') });
  expect(cut.whole).toBe(false);
  const facts = await findFailure(await cut.parsed(), pause);
  expect(facts).toMatchObject({ section: 'step_script', command: null, exitCode: 1 });
  expect(facts.tail.map((line) => line.text)).toEqual(['b', 'failed: é 🚀']);
  expect(whole.tail.map((line) => line.text)).toEqual(['Script', '$ x', 'b', 'failed: é 🚀']);
});

it('a cut keeps the order of the sections that were open', async () => {
  const log = `${start('step_script')}a\n${start('tests')}b\nc\nd\n${end('tests')}e\n${end('step_script')}ERROR: Job failed\n`;
  const cut = await read(bytesOf(log), { offset: log.indexOf('b\n') });
  const parsed = await cut.parsed();
  expect(Array.from(parsed.lines, (line) => [line.text, line.section])).toEqual([
    ['c', 'tests'],
    ['d', 'tests'],
    ['e', 'step_script'],
    ['ERROR: Job failed', null],
  ]);
});

it('a line that continues a cut one is not shown', async () => {
  const log = bytesOf(stamped('first') + stamped('half', '+') + stamped('second'));
  expect(await linesOf(log, { offset: 5 })).toEqual(['second']);
});

it('a whole log is not changed', async () => {
  const whole = await read(bytesOf('a\nb\n'));
  expect(whole).toMatchObject({ whole: true, keptBytes: 4 });
  expect((await whole.parsed()).lines.at(0)).toMatchObject({ number: 1, text: 'a' });
});

it('a part without a line feed has no lines', async () => {
  expect(await linesOf(bytesOf('x'.repeat(100)), { maxBytes: 50 })).toEqual([]);
});
