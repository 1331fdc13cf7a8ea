import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startGateway } from '../helpers/start-gateway.ts';

it.each([
  ['with a body', 'POST /graphql', '{"query":"{ __typename }"}', '{"data":{"__typename":"Query"}'],
  ['without a body', 'GET /health', '', '{"status":"ok"}'],
])(
  'a request that offers an upgrade to HTTP/2, %s, is answered over HTTP/1.1',
  async (_what, line, body, expected) => {
    const { url } = await startGateway();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    // The headers that Java's HttpClient sends.
    const headers = [
      'host: localhost',
      'connection: Upgrade, HTTP2-Settings',
      'upgrade: h2c',
      'http2-settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA',
      'content-type: application/json',
      `content-length: ${body.length}`,
    ];
    const request = `${line} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
    for (const _request of ['first', 'second on the same connection']) {
      socket.write(request);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
      expect(String(answer)).toContain(expected);
    }
  },
);
