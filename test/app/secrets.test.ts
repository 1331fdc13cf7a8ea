import { once } from 'node:events';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/util/secret.ts';
import { configOf } from '../helpers/config.ts';
import { startGateway } from '../helpers/start-gateway.ts';

describe('a secret setting', () => {
  const env = {
    GITLAB_URL: 'https://gitlab.example.com',
    GITLAB_TOKEN: 'glpat-of-the-gateway',
    HTTPS_PROXY: 'http://user:proxy-secret@proxy.example.com:3128',
    ALLOWED_HOSTS: '*',
    GITLAB_WEBHOOK_SECRET: 'hook-secret',
    REDIS_URL: 'redis://user:redis-secret@redis.example.com',
  };
  const secret = /glpat-of|hook-secret|redis-secret|proxy-secret/;

  it('is hidden when the configuration is printed, logged, copied or thrown', () => {
    const config = configOf(env);
    const copy = { ...config, nested: { list: [config.gitlabToken] } };
    const error = new Error(`with ${config.gitlabToken}`, { cause: config });
    const texts = [
      inspect(copy, { depth: 9, showHidden: true }),
      JSON.stringify(copy),
      String(config.gitlabToken),
      `${config.gitlabWebhookSecret}`,
      inspect(error, { depth: 9 }),
      JSON.stringify(structuredClone({ token: JSON.parse(JSON.stringify(config)) as unknown })),
    ];
    for (const text of texts) expect(text).not.toMatch(secret);
    expect(texts[0]).toContain('[redacted]');
    expect(config.gitlabToken?.reveal()).toBe('glpat-of-the-gateway');
  });

  it('cannot be revealed by inspection', () => {
    const held = new Secret('x-secret');
    expect(Object.getOwnPropertyNames(held)).toEqual([]);
    expect(inspect(held, { showHidden: true, customInspect: false })).not.toContain('x-secret');
  });
});

describe('a response outside of an operation', () => {
  it('contains no stack for an invalid address', async () => {
    const { url } = await startGateway();
    const { hostname, port } = new URL(url);
    for (const request of [
      'GET * HTTP/1.0',
      'GET /graphql HTTP/1.1\r\nHost: [::',
      'GET /x HTTP/1.1\r\nHost: a b',
    ]) {
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (data) => {
        text += String(data);
      });
      socket.end(`${request}\r\n\r\n`);
      await once(socket, 'close');
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).not.toContain(' at ');
    }
  });
});
