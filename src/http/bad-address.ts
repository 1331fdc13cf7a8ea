import type { IncomingMessage, RequestListener } from 'node:http';

/** Whether the host and the target of a request make an address together, as Yoga will put them. */
function hasAddress({ url = '', headers: { host = 'localhost' } }: IncomingMessage): boolean {
  return url.startsWith('/') && URL.canParse(`http://${host}${url}`);
}

/** Answers requests whose address is none; Yoga's adapter would fail on them, and show its stack. */
export function refuseBadAddress(serve: RequestListener): RequestListener {
  return (request, response) => {
    if (hasAddress(request)) return serve(request, response);
    response.writeHead(400, { connection: 'close', 'content-length': 0 }).end();
    return undefined;
  };
}
