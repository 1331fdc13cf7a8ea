import crypto, { createHmac } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHookVerifier } from '../../src/webhooks/signature.ts';

const compared = vi.spyOn(crypto, 'timingSafeEqual');
syncBuiltinESMExports();
afterAll(() => {
  compared.mockRestore();
  syncBuiltinESMExports();
});
beforeEach(() => void compared.mockClear());

const NOW = Date.parse('2026-11-23T10:00:00Z');
const reader = (headers: Record<string, string>) => (name: string) => headers[name] ?? null;

describe('a secret token', () => {
  const verifier = createHookVerifier('hook-secret', () => NOW);

  // The duration of the comparison must not show whether the prefix or the length of a secret is
  // correct.
  it.each([
    ['the secret', 'hook-secret', true],
    ['a prefix', 'hook-secre', false],
    ['a token of equal length', 'hook-secreT', false],
    ['a longer token', 'hook-secret-and-more', false],
    ['nothing', '', false],
  ])('is compared in constant time with %s', (_what, token, isRight) => {
    expect(verifier.byHeaders(reader({ 'x-gitlab-token': token }))).toBe(isRight);
    const sizes = compared.mock.calls.map((sides) => sides.map(({ byteLength }) => byteLength));
    expect(sizes).toEqual([[32, 32]]);
  });

  it('cannot be replaced by a signature', () => {
    expect(verifier.byHeaders(reader({ 'webhook-signature': 'v1,AAAA' }))).toBe(false);
  });
});

describe('a signing token', () => {
  const key = Buffer.from('signing key');
  const verifier = createHookVerifier(`whsec_${key.toString('base64')}`, () => NOW);
  const body = Buffer.from('{"object_kind":"build"}');

  /** Returns a webhook that was sent `ageSeconds` ago. `more` overrides headers. */
  const hook = (ageSeconds: number, more: Record<string, string> = {}) => {
    const timestamp = String(NOW / 1000 - ageSeconds);
    const signed = createHmac('sha256', key).update(`msg-1.${timestamp}.`).update(body);
    return reader({
      'webhook-id': 'msg-1',
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signed.digest('base64')}`,
      ...more,
    });
  };
  const right = (ageSeconds: number) => hook(ageSeconds)('webhook-signature') ?? '';

  it.each([
    ['that is unchanged', hook(1), true],
    ['that is five minutes old', hook(300), true],
    ['that is older', hook(301), false],
    ['from the future', hook(-301), false],
    [
      'with several signatures, one of them valid',
      hook(1, { 'webhook-signature': `v1,AA ${right(1)}` }),
      true,
    ],
    [
      'with another signature version',
      hook(1, { 'webhook-signature': right(1).replace('v1', 'v2') }),
      false,
    ],
    ['with another id', hook(1, { 'webhook-id': 'msg-2' }), false],
    ['with a later timestamp', hook(200, { 'webhook-timestamp': String(NOW / 1000) }), false],
    ['with no timestamp', hook(1, { 'webhook-timestamp': '' }), false],
    ['with a timestamp that is not a number', hook(1, { 'webhook-timestamp': 'now' }), false],
    ['without a signature', hook(1, { 'webhook-signature': '' }), false],
  ])('verifies a webhook %s: %#', (_what, header, isRight) => {
    expect(verifier.bySignature(header, body)).toBe(isRight);
  });

  it('rejects a changed body', () => {
    expect(verifier.bySignature(hook(1), Buffer.from('{"object_kind":"Build"}'))).toBe(false);
    expect(compared).toHaveBeenCalled();
  });
});
