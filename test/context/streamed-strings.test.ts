import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreamedStrings } from '../../src/context/streamed-strings.ts';

/** More than is written whole. */
const LONG = 'x'.repeat(300_000);

const filled = (texts: ReturnType<typeof createStreamedStrings>, data: unknown) =>
  JSON.parse(Buffer.concat([...texts.render(JSON.stringify(data))]).toString());

describe('long texts', () => {
  it('take their places in the answer, whatever is in them and wherever they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 9 }), (pieces) => {
        const texts = createStreamedStrings();
        const text = texts.add([LONG, ...pieces, '\ud83d', '\ude00"\\\u2028\u001b']);
        const data = { before: 1, text, list: [{ text: texts.add([LONG]) }], after: 'ü' };
        expect(texts.count()).toBe(2);
        expect(filled(texts, data)).toEqual({
          before: 1,
          text: [LONG, ...pieces, '😀"\\\u2028\u001b'].join(''),
          list: [{ text: LONG }],
          after: 'ü',
        });
      }),
    );
  });

  it('are left alone while they are short', () => {
    const texts = createStreamedStrings();
    expect(texts.add(['a', 'b'])).toBe('ab');
    expect(texts.add([])).toBe('');
    expect(texts.count()).toBe(0);
  });

  it('are not made before somebody reads them, but for what shows that they are long', () => {
    const texts = createStreamedStrings();
    let made = 0;
    const pieces = {
      *[Symbol.iterator]() {
        for (; made < 100; made += 1) yield 'x'.repeat(100_000);
      },
    };
    const json = JSON.stringify([texts.add(pieces)]);
    expect(made).toBeLessThan(5);
    const reader = texts.render(json)[Symbol.iterator]();
    for (let at = 0; at < 10; at++) reader.next();
    expect(made).toBeLessThan(10);
  });

  it('are not what a job has printed that looks like a stand-in', () => {
    const texts = createStreamedStrings();
    const other = createStreamedStrings().add([LONG]);
    const data = { other, text: texts.add([LONG, other]) };
    expect(filled(texts, data)).toEqual({ other, text: LONG + other });
  });
});
