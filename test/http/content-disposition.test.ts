import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fileNameOf, toAttachment } from '../../src/http/content-disposition.ts';
import { runs } from '../helpers/runs.ts';
import { codePoint } from '../helpers/strings.ts';

it('is a valid header for any name, and a name that stays in its folder', () => {
  const text = fc.string({ unit: codePoint, maxLength: 300 });
  const hostile = fc.constantFrom(
    '..',
    '../',
    '\\',
    '"',
    '\r\n',
    ';',
    '%',
    '*',
    "'",
    '\u202e',
    '\ud800',
  );
  const name = fc.array(fc.oneof(text, hostile), { maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(name, (given) => {
      const header = toAttachment(given);
      expect(header).toMatch(
        /^attachment; filename="[ !#-[\]-~]+"(; filename\*=UTF-8''[\w.~!#$&+^`|%-]+)?$/,
      );
      const read = fileNameOf(header) ?? '';
      expect(read).not.toMatch(/[\p{Cc}/\\]|^\.|^$/u);
      expect(toAttachment(read)).toBe(header);
    }),
    { numRuns: runs(300) },
  );
});

it('keeps a name that needs no change', () => {
  const name = fc.stringMatching(/^[a-zé€😀][a-zé€😀0-9 .-]{0,40}[a-z]$/u);
  fc.assert(
    fc.property(name, (given) => {
      expect(fileNameOf(toAttachment(given))).toBe(given);
    }),
  );
});

it.each(['.', ' ', ' .'])('does not end in %j where a long name is cut off', (end) => {
  expect(toAttachment(`x${end.repeat(7_500)}y`)).toBe('attachment; filename="x"');
});

it('reads the name that GitLab sends as UTF-8 bytes', () => {
  const sent = Buffer.from('attachment; filename="bücher.zip"').toString('latin1');
  expect(fileNameOf(sent)).toBe('bücher.zip');
});
