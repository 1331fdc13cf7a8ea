import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/app/config.ts';
import { boardFiles, boardDocument as document, sha256, writeBoard } from '../helpers/board.ts';
import { writeFile } from '../helpers/files.ts';
import { type StartOptions, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';
import { sendRaw } from './raw-request.ts';

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const script = boardFiles['assets/index-A1.js'];

const start = ({ env, ...options }: StartOptions = {}) =>
  startGateway({
    simulator: { world: smallWorld() },
    boardFolder: writeBoard(),
    ...options,
    env: { BOARD: 'true', ...env },
  });

describe('the page', () => {
  it('is at /board, and its references are relative to that', async () => {
    const { url } = await start();
    const page = await fetch(`${url}/board`, { headers: html });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await page.text()).toBe(
      '<link rel="stylesheet" href="board/assets/index-B2.css"><script type="module" src="board/assets/index-A1.js"></script>',
    );
    const slash = await fetch(`${url}/board/`, { headers: html, redirect: 'manual' });
    expect([slash.status, slash.headers.get('location')]).toEqual([302, '../board']);
  });

  it('and its files allow this origin only: no inline script, no framing, no form', async () => {
    const { url } = await start();
    for (const path of ['/board', '/board/assets/index-A1.js']) {
      const { headers } = await fetch(`${url}${path}`);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });

  it('contains no token of the gateway', async () => {
    const secret = 'glpat-of-the-gateway';
    const { url } = await start({ env: { GITLAB_TOKEN: secret } });
    const page = await fetch(`${url}/board`);
    expect(JSON.stringify([await page.text(), ...page.headers])).not.toContain(secret);
  });

  it('answers HEAD without a body, and other methods with 405', async () => {
    const { url } = await start();
    for (const path of ['/board', '/board/assets/index-A1.js']) {
      const get = await fetch(`${url}${path}`, { headers: { 'accept-encoding': 'identity' } });
      const head = await sendRaw(url, { method: 'HEAD', path, token: null });
      expect(head).toMatchObject({ status: 200, body: '' });
      expect(Number(head.headers['content-length'])).toBe((await get.text()).length);
      const post = await fetch(`${url}${path}`, { method: 'POST', body: 'x' });
      expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });
});

describe('its files', () => {
  it('are compressed and cached by browsers forever', async () => {
    const { url } = await start();
    const path = '/board/assets/index-A1.js';
    const zipped = await fetch(`${url}${path}`, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(zipped.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(zipped.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(zipped.headers.get('vary')).toBe('Accept-Encoding');
    expect(await zipped.text()).toBe(script);
    const plain = await fetch(`${url}${path}`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(script);
  });

  it.each([
    '/board/../package.json',
    '/board/assets/../documents.json',
    '/board/assets/..%2fdocuments.json',
    '/board/assets/%2e%2e/documents.json',
    '/board/assets/..\\documents.json',
    '/board/assets//index-A1.js',
    '/board/assets/',
    '/board/documents.json',
    '/board/index.html',
    '/boards',
  ])('are those that were read at the start, not %s', async (path) => {
    const { url } = await start();
    const response = await sendRaw(url, { method: 'GET', path, token: null });
    expect(response.status).toBe(404);
  });
});

describe('without built files', () => {
  it.each([
    ['no files', {}],
    ['no page', { 'documents.json': boardFiles['documents.json'] }],
    ['no documents', { 'index.html': boardFiles['index.html'] }],
  ])('it prevents the start: %s', async (_name, files) => {
    const started = start({ boardFolder: writeBoard(files) });
    await expect(started).rejects.toThrow(ConfigError);
    await expect(started).rejects.toThrow(
      'BOARD=true needs the files of the board, which `npm run build`',
    );
  });
});

describe('BOARD=false', () => {
  it('serves neither the page nor its files', async () => {
    const { url } = await start({ env: { BOARD: 'false' } });
    expect((await fetch(`${url}/board`, { headers: html })).status).toBe(404);
    expect((await fetch(`${url}/board/assets/index-A1.js`)).status).toBe(404);
  });
});

describe('the address /', () => {
  const open = async (options?: StartOptions, headers: Record<string, string> = html) => {
    const { url } = await start(options);
    return fetch(url, { headers, redirect: 'manual' });
  };

  it.each([
    ['the board', {}, 'board'],
    ['GraphiQL without the board', { BOARD: 'false' }, 'graphql'],
    ['the board without GraphiQL', { GRAPHIQL: 'false' }, 'board'],
  ])('leads browsers to %s', async (_name, env, location) => {
    const response = await open({ env });
    expect([response.status, response.headers.get('location')]).toEqual([302, location]);
  });

  it('names /graphql to other clients, and to browsers if there is no page', async () => {
    const answers = [
      await open({}, { accept: 'application/json' }),
      await open({ env: { BOARD: 'false', GRAPHIQL: 'false' } }),
    ];
    for (const response of answers) {
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        error: {
          code: 'NOT_FOUND',
          message: 'There is nothing at this address. GraphQL is at /graphql.',
        },
      });
    }
  });
});

describe('trusted documents', () => {
  const variants: Record<string, () => Record<string, string>> = {
    'with the board alone': () => ({}),
    'with a file, too': () => ({
      TRUSTED_DOCUMENTS_FILE: writeFile(
        JSON.stringify({ [sha256('{ a: __typename }')]: '{ a: __typename }' }),
      ),
    }),
    'with the documents of the board as file': () => ({
      BOARD: 'false',
      TRUSTED_DOCUMENTS_FILE: join(writeBoard(), 'documents.json'),
    }),
  };

  it.each(Object.entries(variants))('include those of the board: %s', async (_name, envOf) => {
    const env = { TRUSTED_DOCUMENTS: 'only', ...envOf() };
    const { query, calls } = await start({ env, token: tokens.alice });
    expect(await query(document)).toMatchObject({ data: { job: { status: 'SUCCESS' } } });
    expect(calls()).toEqual([`GET /projects/42/jobs/${small.fullJob}`]);
    const refused = await query('{ __typename }');
    expect(refused.errors?.[0]?.extensions['code']).toBe('QUERY_NOT_IN_SAFELIST');
    const own = await query('{ a: __typename }');
    expect(own.data !== undefined).toBe('TRUSTED_DOCUMENTS_FILE' in env && !('BOARD' in env));
  });
});
