import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/app/config.ts';
import { configOf, problemsOf } from '../helpers/config.ts';

const GITLAB_URL = 'https://gitlab.example.com';

describe('the configuration', () => {
  it('requires only the address of GitLab', () => {
    expect(configOf({ GITLAB_URL })).toMatchObject({
      demo: false,
      gitlabUrl: GITLAB_URL,
      gitlabExternalUrl: GITLAB_URL,
      gitlabToken: undefined,
      gitlabTokenWrites: false,
      host: '0.0.0.0',
      port: 4000,
    });
  });

  it('requires nothing in the demo, which listens on the loopback address', () => {
    expect(configOf({}, ['--demo'])).toMatchObject({ demo: true, host: '127.0.0.1', port: 4000 });
  });

  it('accepts a path in the address and removes a trailing slash', () => {
    expect(configOf({ GITLAB_URL: `${GITLAB_URL}/gitlab/` }).gitlabUrl).toBe(
      `${GITLAB_URL}/gitlab`,
    );
  });

  it.each([
    [`${GITLAB_URL}/api/v4`, GITLAB_URL],
    [`${GITLAB_URL}/api/v4/`, GITLAB_URL],
    [`${GITLAB_URL}//api//v4//`, GITLAB_URL],
    [`${GITLAB_URL}/gitlab/api/v4`, `${GITLAB_URL}/gitlab`],
    ['HTTPS://GitLab.Example.com:443/', GITLAB_URL],
    [`${GITLAB_URL}?`, GITLAB_URL],
    [`${GITLAB_URL}/apis`, `${GITLAB_URL}/apis`],
  ])('understands %s', (address, expected) => {
    expect(configOf({ GITLAB_URL: address })).toMatchObject({
      gitlabUrl: expected,
      gitlabExternalUrl: expected,
    });
    const env = { GITLAB_URL, GITLAB_EXTERNAL_URL: address };
    expect(configOf(env).gitlabExternalUrl).toBe(expected);
  });

  it.each([
    [`${GITLAB_URL}/api/v4/projects`, GITLAB_URL],
    [`${GITLAB_URL}/api/v3`, GITLAB_URL],
    [`${GITLAB_URL}/api`, GITLAB_URL],
    [`${GITLAB_URL}/gitlab/api/graphql`, `${GITLAB_URL}/gitlab`],
    [`${GITLAB_URL}/api/v4?private_token=s3cret`, GITLAB_URL],
    [`${GITLAB_URL}/gitlab/#s3cret`, `${GITLAB_URL}/gitlab`],
    ['https://oauth2:s3cret@gitlab.example.com/api/v4', GITLAB_URL],
  ])('refuses %s and names the right address', (address, right) => {
    for (const name of ['GITLAB_URL', 'GITLAB_EXTERNAL_URL']) {
      const problems = problemsOf({ GITLAB_URL, [name]: address });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name} must be the address of GitLab itself`));
      expect(problems[0]).toContain(`: "${right}"`);
      expect(problems[0]).not.toContain('s3cret');
    }
  });

  it.each(['gitlab.example.com/api/v4', 'ftp://gitlab.example.com', 'https://', 'https://a b'])(
    'refuses %s and shows an example',
    (address) => {
      expect(problemsOf({ GITLAB_URL: address })).toEqual([
        'GITLAB_URL must be an address such as "https://gitlab.example.com"',
      ]);
    },
  );

  it.each([
    ['GITLAB_TOKEN_WRITES', 'true', 'GITLAB_TOKEN_WRITES needs GITLAB_TOKEN or GITLAB_TOKEN_FILE'],
    ['FEDERATION_TYPE_PREFIX', 'Ci', 'FEDERATION_TYPE_PREFIX needs FEDERATION'],
    ['TRUSTED_DOCUMENTS', 'only', 'TRUSTED_DOCUMENTS=only needs TRUSTED_DOCUMENTS_FILE or BOARD'],
    ['METRICS_PORT', '4000', 'METRICS_PORT must be another port than PORT'],
  ])('refuses %s=%s, which has no effect alone', (name, value, problem) => {
    expect(problemsOf({ GITLAB_URL, [name]: value })).toEqual([problem]);
  });

  it('reports the calls to GitLab by default if the board, which shows them, is on', () => {
    expect(configOf({ GITLAB_URL })).toMatchObject({ board: false, upstreamExtension: false });
    const on = configOf({ GITLAB_URL, BOARD: 'true' });
    expect(on).toMatchObject({ board: true, upstreamExtension: true });
    expect(configOf({}, ['--demo'])).toMatchObject({ board: true, upstreamExtension: true });
    const without = configOf({ GITLAB_URL, BOARD: 'true', UPSTREAM_EXTENSION: 'false' });
    expect(without.upstreamExtension).toBe(false);
  });

  it('refuses the board with a prefix of types, with which its operations are invalid', () => {
    const env = { GITLAB_URL, FEDERATION: 'true', FEDERATION_TYPE_PREFIX: 'Ci' };
    expect(problemsOf({ ...env, BOARD: 'true' })).toEqual([
      'BOARD and FEDERATION_TYPE_PREFIX exclude each other: the board needs types without prefix',
    ]);
    expect(configOf(env, ['--demo']).board).toBe(false);
  });

  it('ignores a token in the environment in the demo, whose GitLab does not know it', () => {
    const env = { GITLAB_TOKEN: 'a b', GITLAB_TOKEN_FILE: '/none', GITLAB_TOKEN_WRITES: 'perhaps' };
    expect(configOf(env, ['--demo'])).toMatchObject({
      gitlabToken: undefined,
      gitlabTokenFile: undefined,
      gitlabTokenWrites: false,
    });
    expect(problemsOf({ GITLAB_URL, ...env })).not.toEqual([]);
  });

  it('accepts what a setting that needs another one is by default', () => {
    const env = { GITLAB_TOKEN_WRITES: 'false', TRUSTED_DOCUMENTS: 'also', METRICS_PORT: '0' };
    expect(problemsOf({ GITLAB_URL, ...env })).toEqual([]);
  });

  it.each(['__Ci', '1Ci', 'C-i', 'Ci Ci', 'B\u00fc'])(
    'refuses %s as FEDERATION_TYPE_PREFIX',
    (prefix) => {
      const env = { GITLAB_URL, FEDERATION: 'true', FEDERATION_TYPE_PREFIX: prefix };
      expect(problemsOf(env).join()).toMatch(/^FEDERATION_TYPE_PREFIX must be the start/);
      expect(problemsOf({ FEDERATION_TYPE_PREFIX: prefix }, ['--print-subgraph'])).toHaveLength(1);
    },
  );

  it('prints the subgraph with the prefix, without any other setting', () => {
    const env = { FEDERATION_TYPE_PREFIX: 'Ci', HTTPS_PROXY: 'socks5://x' };
    const command = { name: 'print-subgraph', typePrefix: 'Ci' };
    expect(parseConfig(env, ['--print-subgraph'])).toEqual(command);
  });

  it.each(['whsec_', 'whsec_=', 'whsec_ x', 'whsec_n*t'])(
    'refuses %s as GITLAB_WEBHOOK_SECRET: it has no key',
    (value) => {
      const problems = problemsOf({ GITLAB_URL, GITLAB_WEBHOOK_SECRET: value });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(
        /^GITLAB_WEBHOOK_SECRET must be a secret, or a whole signing token/,
      );
    },
  );

  it('prefers the command line to the environment', () => {
    expect(configOf({ GITLAB_URL, PORT: '5000' }, ['--port', '0']).port).toBe(0);
  });

  it('disables GraphiQL by default in production', () => {
    expect(configOf({ GITLAB_URL }).graphiql).toBe(true);
    expect(configOf({ GITLAB_URL, NODE_ENV: 'production' }).graphiql).toBe(false);
    expect(configOf({ GITLAB_URL, NODE_ENV: 'production', GRAPHIQL: 'true' }).graphiql).toBe(true);
  });

  it('allows lists at least as long as the references', () => {
    const limitsOf = (env: Record<string, string>) => configOf({ GITLAB_URL, ...env }).limits;
    expect(limitsOf({}).listItems).toBe(1000);
    expect(limitsOf({ FEDERATION_MAX_REFERENCES: '5000' }).listItems).toBe(5000);
    expect(limitsOf({ FEDERATION_MAX_REFERENCES: '10' }).listItems).toBe(1000);
    expect(limitsOf({ FEDERATION_MAX_REFERENCES: '5000', MAX_LIST_ITEMS: '7' }).listItems).toBe(7);
  });

  it('reports all problems together', () => {
    const env = {
      GITLAB_URL: 'gitlab',
      GITLAB_EXTERNAL_URL: 'ftp://x',
      PORT: '70000',
      GRAPHIQL: 'maybe',
    };
    const problems = problemsOf({ ...env, GITLAB_TOKEN_WRITES: '2' });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'GITLAB_EXTERNAL_URL',
      'GITLAB_TOKEN_WRITES',
      'GITLAB_URL',
      'GRAPHIQL',
      'PORT',
    ]);
  });

  it.each([
    ['no address', {}, [], 'GITLAB_URL is needed'],
    ['a blank address', { GITLAB_URL: ' ' }, [], 'GITLAB_URL is needed'],
    ['a user in the address', { GITLAB_URL: 'https://me:secret@host' }, [], 'without user'],
    ['a query in the address', { GITLAB_URL: `${GITLAB_URL}?x=1` }, [], 'GITLAB_URL must be'],
    ['an unknown flag', { GITLAB_URL }, ['--prot', '1'], "Unknown option '--prot'"],
    ['a stray word', { GITLAB_URL }, ['serve'], 'serve'],
    ['one port for two servers', { GITLAB_URL, METRICS_PORT: '4000' }, [], 'METRICS_PORT must be'],
    ['a port that is no number', { GITLAB_URL }, ['--port', '4e3'], 'PORT must be a whole number'],
  ])('rejects %s', (_name, env: Record<string, string>, argv: string[], problem) => {
    expect(problemsOf(env, argv).join()).toContain(problem);
  });

  it('does not repeat a secret in a message', () => {
    const problems = problemsOf({
      GITLAB_URL: 'https://me:secret@host',
      GITLAB_TOKEN: 'glpat-x',
      PORT: 'x',
    });
    expect(problems.join()).not.toMatch(/secret|glpat/);
  });

  it('rejects a token that no header can contain, without repeating it', () => {
    const problems = problemsOf({ GITLAB_URL, GITLAB_TOKEN: 'glpat-x\nglpat-y' });
    expect(problems).toEqual(['GITLAB_TOKEN holds characters that no token has']);
  });

  it('rejects a token that GitLab’s web server would reject for its length', () => {
    expect(problemsOf({ GITLAB_URL, GITLAB_TOKEN: 'x'.repeat(4_096), ALLOWED_HOSTS: '*' })).toEqual(
      [],
    );
    expect(problemsOf({ GITLAB_URL, GITLAB_TOKEN: 'x'.repeat(4_097) })).toEqual([
      'GITLAB_TOKEN is longer than any token: at most 4096 characters',
    ]);
  });

  it.each([
    'redis://redis.example.com',
    'redis://redis.example.com:6379/',
    'redis://redis.example.com/2',
    'rediss://user:p%40ss@redis.example.com:6380',
  ])('accepts %s as REDIS_URL', (url) => {
    expect(configOf({ GITLAB_URL, REDIS_URL: url }).redisUrl?.reveal()).toBe(url);
  });

  it.each([
    'redis.example.com:6379',
    'http://redis.example.com',
    'redis://',
    'redis://:s3cret@redis.example.com/main',
    'redis://:s3cret%ZZ@redis.example.com',
    'redis://:s3cret%FF@redis.example.com',
  ])('rejects %s as REDIS_URL, without repeating it', (url) => {
    const problems = problemsOf({ GITLAB_URL, REDIS_URL: url });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^REDIS_URL must be /);
    expect(problems[0]).not.toContain('s3cret');
  });

  it('hides secrets when it is printed', () => {
    const config = configOf({
      GITLAB_URL,
      GITLAB_WEBHOOK_SECRET: 's3cret',
      REDIS_URL: 'redis://:s3cret@redis.example.com',
    });
    expect(config.gitlabWebhookSecret?.reveal()).toBe('s3cret');
    expect(JSON.stringify(config)).not.toContain('s3cret');
  });

  it.each(['help', 'version', 'print-schema', 'print-subgraph'] as const)(
    'accepts --%s without any setting',
    (name) => {
      expect(parseConfig({}, [`--${name}`])).toEqual({ name });
    },
  );
});
