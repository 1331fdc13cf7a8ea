import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';

it.each([
  ['with a body', 'POST /graphql', '{"query":"{ __typename }"}', '{"data":{"__typename":"Query"}'],
  ['without', 'GET /health', '', '{"status":"ok"}'],
])(
  'a request that offers HTTP/2, %s, is answered as if it had not',
  async (_what, line, body, says) => {
    const { url } = await startGateway();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    // As Java's HttpClient says it.
    const headers = [
      'host: localhost',
      'connection: Upgrade, HTTP2-Settings',
      'upgrade: h2c',
      'http2-settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA',
      'content-type: application/json',
      `content-length: ${body.length}`,
    ];
    const request = `${line} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
    for (const _time of ['the first', 'the next on that connection']) {
      socket.write(request);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
      expect(String(answer)).toContain(says);
    }
  },
);
