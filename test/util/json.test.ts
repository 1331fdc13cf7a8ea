import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson, quoteLargeIntegers } from '../../src/util/json.ts';
import { runs } from '../helpers/runs.ts';

describe('exact JSON', () => {
  it.each([
    ['{"id":9007199254740993}', { id: '9007199254740993' }],
    ['{"id": 9007199254740993 }', { id: '9007199254740993' }],
    ['[9223372036854775807,-9223372036854775808]', ['9223372036854775807', '-9223372036854775808']],
    ['{"id":9007199254740991}', { id: 9007199254740991 }],
    ['{"id":1234567890123456}', { id: 1234567890123456 }],
  ])('reads %s', (json, value) => {
    expect(parseExactJson(json)).toEqual(value);
  });

  it.each([
    '{"name":"ids 9007199254740993, [9007199254740993] and :9007199254740993,"}',
    String.raw`{"name":"a \" , 9007199254740993 , \\","id":1}`,
    String.raw`{"name":"\\\\\" :9007199254740993"}`,
    '{"9007199254740993 ":"1234567890123456789"}',
    '{"duration":[12345678901234567.5,12345678901234567e2,0.12345678901234567]}',
  ])('leaves text and fractions as they are: %s', (json) => {
    expect(parseExactJson(json)).toEqual(JSON.parse(json));
  });

  it.each([
    '{"id":09007199254740993}',
    '{"id":9007199254740993',
    '["x: 9007199254740993',
    '9007199254740993x',
  ])('rejects what is no JSON: %s', (json) => {
    expect(() => parseExactJson(json)).toThrow(SyntaxError);
  });

  it('equals JSON.parse for every document without large numbers', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const text = json.replaceAll(/\d{16,}/g, '7');
        expect(quoteLargeIntegers(text)).toBe(text);
      }),
      { numRuns: runs(500) },
    );
  });

  it('finds a large number at every position', () => {
    const value = '9007199254740993';
    for (let before = 0; before < 40; before += 1) {
      const text = 'x'.repeat(before);
      const json = `{"text":"${text}","id":${value},"sha":"${value}${text}"}`;
      expect(parseExactJson(json)).toEqual({ text, id: value, sha: `${value}${text}` });
    }
  });

  it('keeps all digits of a number beside any text', () => {
    const large = fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(large, fc.string({ unit: 'grapheme' }), (value, name) => {
        const json = `{${JSON.stringify(name)}:[${JSON.stringify(name)},${value}], "id" : ${value}}`;
        expect(parseExactJson(json)).toEqual({ [name]: [name, String(value)], id: String(value) });
      }),
      { numRuns: runs(500) },
    );
  });
});
