/*
 * The bare proxy: node:http passes requests and responses on without reading them. Its CPU time is
 * the minimum for any gateway in Node.js. Reports show results as multiples of this CPU time.
 */
import { Agent, createServer, request } from 'node:http';

const { GITLAB_URL, PORT } = process.env;
const { hostname, port } = new URL(GITLAB_URL);
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

const server = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const upstream = request({ agent, hostname, port, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
});
// Longer than any pause between two rounds, so that no connection is closed while it is reused.
server.keepAliveTimeout = 600_000;
server.listen(Number(PORT), '127.0.0.1');
