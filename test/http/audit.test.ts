import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import { configOf } from '../helpers/config.ts';

/*
 * Runs the audit suite of graphql-http, the reference implementation of GraphQL over HTTP. All
 * checks must pass, including the optional ones.
 */

let gateway: Gateway;
let url = '';

beforeAll(async () => {
  // No request of the audit needs GitLab.
  gateway = createGateway(configOf({ GITLAB_URL: 'http://gitlab.invalid' }), {
    version: '0.0.0-test',
  });
  url = await gateway.listen('127.0.0.1', 0);
});

afterAll(() => gateway.close());

const audits = serverAudits({ url: () => `${url}/graphql`, fetchFn: fetch });

it.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))(
  '%s',
  async (_name, audit) => {
    const result = await audit.fn();
    expect(result.status === 'ok' ? 'ok' : `${result.status}: ${result.reason}`).toBe('ok');
  },
);
