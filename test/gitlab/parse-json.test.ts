import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/gitlab/parse-json.ts';

/** JSON with some of its characters as escapes, as other serializers write them. */
function escaping(json: string, every: number): string {
  let at = 0;
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replace(/\P{ASCII}/gu, (character) => {
    at += 1;
    return at % every === 0 ? character.split('').map(escape).join('') : character;
  });
}

describe('JSON from bytes', () => {
  const value = fc.jsonValue({ stringUnit: 'binary' });

  it('is what was written, whatever its characters', () => {
    fc.assert(
      fc.property(value, (written) => {
        const json = JSON.stringify(written);
        expect(parseJson(Buffer.from(json))).toEqual(JSON.parse(json));
      }),
    );
  });

  it('is the same where characters are escapes, all or some', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 3 }), (written, every) => {
        const json = escaping(JSON.stringify(written), every);
        expect(parseJson(Buffer.from(json))).toEqual(JSON.parse(json));
      }),
    );
  });

  it('reads bytes that are no UTF-8 as any decoder does', () => {
    const bytes = fc
      .uint8Array({ maxLength: 30 })
      .map((some) =>
        Buffer.from(some.filter((byte) => byte >= 0x20 && byte !== 0x22 && byte !== 0x5c)),
      );
    fc.assert(
      fc.property(fc.array(bytes), (texts) => {
        const quoted = texts.map((text) =>
          Buffer.concat([Buffer.from('"'), text, Buffer.from('"')]),
        );
        const parts = quoted.flatMap((text, index) =>
          index > 0 ? [Buffer.from(','), text] : [text],
        );
        const body = Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
        expect(parseJson(body)).toEqual(JSON.parse(body.toString()));
      }),
    );
  });

  it.each(['', '{', '"ü', '\ufeff{}', '[1,]', 'ü'])('refuses %j', (text) => {
    expect(() => parseJson(Buffer.from(text))).toThrow(SyntaxError);
  });
});
