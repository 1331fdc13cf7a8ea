import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A proxy that removes headers from responses, as some proxies in front of GitLab do. */
export interface HeaderFilter {
  url: string;
  /** The base URL to which requests are forwarded. */
  target: string;
  /** The names of the removed headers, in lower case. */
  dropped: ReadonlySet<string>;
}

export async function startHeaderFilter(): Promise<HeaderFilter> {
  const filter: HeaderFilter = { url: '', target: '', dropped: new Set() };
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const forwarded = request(new URL(incoming.url ?? '', filter.target), { method, headers });
    forwarded.on('response', (response) => {
      const kept = Object.entries(response.headers).filter(([name]) => !filter.dropped.has(name));
      outgoing.writeHead(response.statusCode ?? 502, Object.fromEntries(kept));
      response.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  filter.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  return filter;
}
