import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { authority, client, server, stranger } from '../helpers/certificates.ts';
import * as config from '../helpers/config.ts';
import { writeFile as write } from '../helpers/files.ts';

const base = { GITLAB_URL: 'https://gitlab.example.com', ALLOWED_HOSTS: '*' };

const configOf = (env: Record<string, string>) => config.configOf({ ...base, ...env });
const problemsOf = (env: Record<string, string>, argv?: string[]) =>
  config.problemsOf({ ...base, ...env }, argv);

it('Files that cannot be read are listed with all other problems', () => {
  const names = ['GITLAB_CA_FILE', 'GITLAB_HEADERS_FILE', 'GITLAB_TOKEN_FILE'];
  const pair = ['GITLAB_CLIENT_CERT_FILE', 'GITLAB_CLIENT_KEY_FILE'];
  const env = Object.fromEntries([...names, ...pair].map((name) => [name, '/none/such']));
  const problems = problemsOf({ ...env, PORT: 'x' });
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
    ...['GITLAB_CA_FILE', ...pair, 'GITLAB_HEADERS_FILE', 'GITLAB_TOKEN_FILE', 'PORT'],
  ]);
  for (const problem of problems.slice(0, -1)) expect(problem).toMatch(/cannot be read|PORT/);
});

describe('GITLAB_CA_FILE', () => {
  it('contains any number of certificates, with text around them', () => {
    const text = `# ours\n${authority.cert}\r\n\nsubject=x\n${stranger.cert}\n`;
    const { ca } = configOf({ GITLAB_CA_FILE: write(text) }).network;
    expect(ca?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it('does not replace NODE_EXTRA_CA_CERTS', () => {
    const env = { NODE_EXTRA_CA_CERTS: write(stranger.cert) };
    const { ca } = configOf({ ...env, GITLAB_CA_FILE: write(authority.cert) }).network;
    expect(ca).toBe(`${authority.cert}\n${stranger.cert}`);
    expect(configOf(env).network.ca).toBeUndefined();
    const missing = { NODE_EXTRA_CA_CERTS: '/none/such', GITLAB_CA_FILE: write(authority.cert) };
    expect(configOf(missing).network.ca).toBe(authority.cert);
  });

  it.each([
    ['', 'names a file without a certificate in PEM form'],
    [client.key, 'names a file without a certificate in PEM form'],
    [authority.cert.replace(/^MII/m, 'AAA'), 'names a file whose certificate 1 cannot be parsed'],
    [`${authority.cert}\n${stranger.cert.replace(/^MII/m, 'AAA')}`, 'whose certificate 2 cannot'],
  ])('is refused without usable certificates (%#)', (text, problem) => {
    expect(problemsOf({ GITLAB_CA_FILE: write(text) }).join()).toContain(`GITLAB_CA_FILE`);
    expect(problemsOf({ GITLAB_CA_FILE: write(text) }).join()).toContain(problem);
  });
});

describe('A client certificate', () => {
  const given = (cert: string, key: string) => ({
    GITLAB_CLIENT_CERT_FILE: write(cert),
    GITLAB_CLIENT_KEY_FILE: write(key),
  });

  it('is used with its key', () => {
    const { clientCert, clientKey } = configOf(given(client.cert, client.key)).network;
    expect([clientCert, clientKey?.reveal()]).toEqual([client.cert, client.key]);
  });

  it('is refused without its key, and with another one', () => {
    const { GITLAB_CLIENT_CERT_FILE, GITLAB_CLIENT_KEY_FILE } = given(client.cert, client.key);
    expect(problemsOf({ GITLAB_CLIENT_CERT_FILE })).toEqual([
      'GITLAB_CLIENT_CERT_FILE needs GITLAB_CLIENT_KEY_FILE',
    ]);
    expect(problemsOf({ GITLAB_CLIENT_KEY_FILE })).toEqual([
      'GITLAB_CLIENT_KEY_FILE needs GITLAB_CLIENT_CERT_FILE',
    ]);
    for (const key of [server.key, 'x', client.cert]) {
      const problems = problemsOf(given(client.cert, key));
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain('cannot be used together');
    }
  });

  it('is refused for an http GitLab, which would not ask for it', () => {
    const env = { ...given(client.cert, client.key), GITLAB_URL: 'http://gitlab.example.com' };
    expect(problemsOf(env)).toEqual(['GITLAB_CLIENT_CERT_FILE needs an https:// GITLAB_URL']);
  });
});

describe('GITLAB_HEADERS_FILE', () => {
  const headersOf = (text: string) =>
    configOf({ GITLAB_HEADERS_FILE: write(text) }).network.headers?.reveal();

  it('contains a header on each line', () => {
    const text = '\uFEFF# access proxy\r\nCF-Access-Client-Id: a:b\r\n\r\nX-Key:\t  c d  \n';
    expect(headersOf(text)).toEqual([
      ['cf-access-client-id', 'a:b'],
      ['x-key', 'c d'],
    ]);
  });

  it.each([
    ['Private-Token: s3cret', 'line 1 cannot set `private-token`: it is a credential'],
    ['private_token: s3cret', 'line 1 cannot set `private_token`: it is a credential'],
    ['A: b\nAuthorization: Bearer s3cret', 'line 2 cannot set `authorization`'],
    ['JOB-TOKEN: s3cret', 'cannot set `job-token`'],
    ['Cookie: _gitlab_session=s3cret', 'cannot set `cookie`'],
    ['Sudo: root', 'cannot set `sudo`'],
    ['Connection: close', 'cannot set `connection`: it belongs to the connection'],
    ['Transfer-Encoding: chunked', 'cannot set `transfer-encoding`'],
    ['Proxy-Authorization: s3cret', 'cannot set `proxy-authorization`'],
    ['Host: evil.example', 'cannot set `host`'],
    ['Content-Type: text/plain', 'cannot set `content-type`: it is set by the gateway'],
    ['s3cret', 'line 1 must be `Name: value`'],
    [': s3cret', 'line 1 must be `Name: value`'],
    ['X Key: s3cret', 'line 1 must be `Name: value`'],
    [' X-Key: s3cret', 'line 1 must be `Name: value`'],
    ['X-Key:', 'line 1 has no value for `x-key`'],
    ['X-Key: s3\rcret', 'line 1 has characters'],
    ['X-Key: s3\u0000cret', 'line 1 has characters'],
    ['X-Key: s\u00fccret', 'line 1 has characters'],
    ['X-Key: s3cret\nx-key: s3cret', 'line 2 repeats `x-key`'],
  ])('is refused with the line, and without the value: %j', (text, problem) => {
    const problems = problemsOf({ GITLAB_HEADERS_FILE: write(text) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
    expect(problems[0]).not.toMatch(/s3|cret/);
  });
});

describe('GITLAB_TOKEN_FILE', () => {
  it('is refused if it contains no token, or beside GITLAB_TOKEN', () => {
    const problemWith = (text: string) => problemsOf({ GITLAB_TOKEN_FILE: write(text) });
    expect(problemWith(' \n')).toEqual(['GITLAB_TOKEN_FILE names an empty file']);
    expect(problemWith('glpat-a\nglpat-b')).toEqual([
      'GITLAB_TOKEN_FILE names a file whose text holds characters that no token has',
    ]);
    expect(problemWith('x'.repeat(4_097))).toEqual([
      'GITLAB_TOKEN_FILE names a file whose text is longer than any token: at most 4096 characters',
    ]);
    expect(problemsOf({ GITLAB_TOKEN_FILE: tmpdir() })).toEqual([
      'GITLAB_TOKEN_FILE does not name a regular file',
    ]);
    const file = write('glpat-x');
    expect(problemsOf({ GITLAB_TOKEN: 'glpat-y', GITLAB_TOKEN_FILE: file })).toEqual([
      'GITLAB_TOKEN and GITLAB_TOKEN_FILE exclude each other: set one of them',
    ]);
    expect(problemsOf({ GITLAB_TOKEN_FILE: file, GITLAB_TOKEN_WRITES: 'true' })).toEqual([]);
  });
});

describe('The proxies', () => {
  const proxiesOf = (env: Record<string, string>) => {
    const { https, http, except } = configOf(env).network.proxies;
    return [https?.reveal(), http?.reveal(), except];
  };

  it('are read in both cases; the lower case takes precedence, unless it is empty', () => {
    const lower = { https_proxy: 'http://a:1', http_proxy: 'http://b:1', no_proxy: 'c' };
    expect(proxiesOf(lower)).toEqual(['http://a:1', 'http://b:1', 'c']);
    const upper = { HTTPS_PROXY: 'http://d:1', HTTP_PROXY: 'http://e:1', NO_PROXY: 'f' };
    expect(proxiesOf({ ...upper, http_proxy: ' ' })).toEqual(['http://d:1', 'http://e:1', 'f']);
    expect(proxiesOf({ ...upper, ...lower })).toEqual(['http://a:1', 'http://b:1', 'c']);
  });

  it('stop the start if they cannot be used; the message names the variable and no password', () => {
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']) {
      const problems = problemsOf({ [name]: 'socks5://me:s3cret@proxy.example.com' });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name} must be the address of an HTTP proxy`));
      expect(problems[0]).not.toContain('s3cret');
    }
  });

  it('are not read in the demo, whose GitLab is in the same process', () => {
    expect(problemsOf({ HTTPS_PROXY: 'socks5://x', GITLAB_CA_FILE: '/none' }, ['--demo'])).toEqual(
      [],
    );
  });
});
