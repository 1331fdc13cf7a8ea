import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreamedStrings } from '../../src/context/streamed-strings.ts';
import { codePoint } from '../helpers/strings.ts';

/** A string that is too long to be inlined in the response, so a placeholder replaces it. */
const LONG = 'x'.repeat(300_000);

const render = (strings: ReturnType<typeof createStreamedStrings>, data: unknown) =>
  JSON.parse(Buffer.concat([...strings.render(JSON.stringify(data))]).toString());

describe('streamed strings', () => {
  it('replace their placeholders in the response, whatever they contain and however they are split', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: codePoint }), { maxLength: 9 }), (pieces) => {
        const strings = createStreamedStrings();
        const text = strings.add([LONG, ...pieces, '\ud83d', '\ude00"\\\u2028\u001b']);
        const data = { before: 1, text, list: [{ text: strings.add([LONG]) }], after: 'ü' };
        expect(strings.count()).toBe(2);
        expect(render(strings, data)).toEqual({
          before: 1,
          text: [LONG, ...pieces, '😀"\\\u2028\u001b'].join(''),
          list: [{ text: LONG }],
          after: 'ü',
        });
      }),
    );
  });

  it('are equal whether their pieces are texts or UTF-8', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: codePoint }), { maxLength: 9 }), (texts) => {
        const pieces = [LONG, ...texts, '\u2028\u001b\u007f"\\ü€😀'].map((text) =>
          Buffer.from(text),
        );
        const strings = createStreamedStrings();
        const data = strings.add(pieces);
        expect(render(strings, data)).toBe(Buffer.concat(pieces).toString());
        expect(createStreamedStrings().add(pieces.slice(1))).toBe(
          Buffer.concat(pieces.slice(1)).toString(),
        );
      }),
    );
  });

  it('are returned unchanged if they are short', () => {
    const strings = createStreamedStrings();
    expect(strings.add(['a', 'b'])).toBe('ab');
    expect(strings.add([])).toBe('');
    expect(strings.count()).toBe(0);
  });

  it('are produced on demand, except for the pieces that show that they are long', () => {
    const strings = createStreamedStrings();
    let produced = 0;
    const pieces = {
      *[Symbol.iterator]() {
        for (; produced < 100; produced += 1) yield 'x'.repeat(100_000);
      },
    };
    const json = JSON.stringify([strings.add(pieces)]);
    expect(produced).toBeLessThan(5);
    const reader = strings.render(json)[Symbol.iterator]();
    for (let at = 0; at < 10; at++) reader.next();
    expect(produced).toBeLessThan(10);
  });

  it('do not replace log content that looks like a placeholder', () => {
    const strings = createStreamedStrings();
    const other = createStreamedStrings().add([LONG]);
    const data = { other, text: strings.add([LONG, other]) };
    expect(render(strings, data)).toEqual({ other, text: LONG + other });
  });
});
