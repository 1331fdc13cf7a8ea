import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { anonymous, CredentialError, readCredential } from '../../src/gitlab/credential.ts';

const read = (headers: Record<string, string | null>) =>
  readCredential((name) => headers[name.toLowerCase()]);

describe('readCredential', () => {
  it.each([
    [{ 'private-token': 'glpat-x' }, 'private-token', [['private-token', 'glpat-x']]],
    [{ authorization: 'Bearer abc' }, 'bearer', [['authorization', 'Bearer abc']]],
    [{ authorization: 'bearer  abc ' }, 'bearer', [['authorization', 'Bearer abc']]],
    [{ 'job-token': 'glcbt-64_x' }, 'job-token', [['job-token', 'glcbt-64_x']]],
    [{ authorization: 'Bearer glcbt-64_x' }, 'job-token', [['authorization', 'Bearer glcbt-64_x']]],
    [
      { authorization: 'Bearer acme-glcbt-64_x' },
      'job-token',
      [['authorization', 'Bearer acme-glcbt-64_x']],
    ],
    [
      { 'job-token': 'j', authorization: 'Bearer b', 'private-token': 'p' },
      'private-token',
      [
        ['private-token', 'p'],
        ['authorization', 'Bearer b'],
        ['job-token', 'j'],
      ],
    ],
  ])('reads %j as %s and passes the headers on unchanged', (headers, kind, upstream) => {
    const credential = read(headers as Record<string, string>);
    expect(credential.kind).toBe(kind);
    expect(credential.headers.reveal()).toEqual(upstream);
  });

  it.each([
    {},
    { 'private-token': '' },
    { 'private-token': '   ', 'job-token': '\t' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer   ' },
    { authorization: 'Basic dXNlcjpwYXNz' },
    { authorization: null },
  ])('reads %j as no credential', (headers) => {
    expect(read(headers as Record<string, string>)).toBe(anonymous);
  });

  it.each([
    { 'private-token': 'glpat-one, glpat-two' },
    { 'private-token': 'glpat-\u0000x' },
    { 'job-token': 'glcbt-ü' },
    { authorization: 'Bearer a b' },
    { authorization: 'Bearer a\r\nx: y' },
  ])('rejects %j without quoting it', (headers) => {
    const value = Object.values(headers)[0] ?? '';
    expect(() => read(headers)).toThrow(CredentialError);
    try {
      read(headers);
    } catch (error) {
      expect(inspect(error)).not.toContain(value.slice(-4));
    }
  });

  it('computes equal digests for equal credentials only', () => {
    const all = [
      { 'private-token': 'a' },
      { authorization: 'Bearer a' },
      { 'job-token': 'a' },
      { 'private-token': 'b' },
      { 'private-token': 'a', 'job-token': 'b' },
      { 'private-token': 'b', 'job-token': 'a' },
      { 'private-token': 'a', authorization: 'Bearer b' },
      { 'private-token': 'a","job-token","b' },
    ];
    const digests = all.map((headers) => read(headers as Record<string, string>).digest);
    expect(new Set([...digests, anonymous.digest]).size).toBe(all.length + 1);
    expect(read({ 'private-token': ' a ' }).digest).toBe(digests[0]);
  });

  it('hides tokens from inspect, JSON and String', () => {
    const credential = read({ 'private-token': 'geheim-1', authorization: 'Bearer geheim-2' });
    const shown = [
      inspect(credential, { depth: 9, showHidden: true }),
      JSON.stringify(credential),
      String(credential.headers),
      `${credential.headers}`,
      credential.digest,
      Object.values(credential.headers).join(),
    ];
    expect(shown.join()).not.toContain('geheim');
    expect(JSON.parse(JSON.stringify(credential)).headers).toBe('[redacted]');
  });

  it('refuses a token that is longer than any, without repeating it', () => {
    const tooLong = () => read({ authorization: `Bearer ${'x'.repeat(4_097)}` });
    expect(tooLong).toThrow(CredentialError);
    expect(tooLong).toThrow(
      'The Authorization header is longer than any token: at most 4096 characters.',
    );
    expect(read({ 'private-token': 'x'.repeat(4_096) }).kind).toBe('private-token');
  });
});
