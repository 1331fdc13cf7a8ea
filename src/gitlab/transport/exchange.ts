import type { Dispatcher } from 'undici';
import {
  type GitlabError,
  GitlabNetworkError,
  GitlabResponseError,
  GitlabTimeoutError,
  type TimeoutPhase,
} from '../errors.ts';
import { type Call, type Exchange, originOf, type RawResponse } from '../request.ts';
import {
  type BodySink,
  createBodyStream,
  createCollector,
  decodeBody,
  decodeStream,
  isDecodable,
} from './body.ts';
import type { AddressSetting } from './connections.ts';
import { type Headers, headerOf } from './headers.ts';

const timeoutPhases: Readonly<Record<string, TimeoutPhase>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect',
  UND_ERR_HEADERS_TIMEOUT: 'headers',
  UND_ERR_BODY_TIMEOUT: 'body',
};

interface ConnectionError {
  readonly error: Error;
  /** Whether writing the request had begun. */
  readonly started: boolean;
  readonly addressSetting: AddressSetting;
}

function toNetworkError(
  call: Call,
  { error, started, addressSetting }: ConnectionError,
): GitlabError {
  const code = String(('code' in error && error.code) || error.name);
  const origin = originOf(call, undefined, error);
  const phase = timeoutPhases[code];
  if (phase) return new GitlabTimeoutError({ phase, sent: started }, origin);
  const reason = networkReasons.find(([codes]) => codes.test(code))?.[1](addressSetting);
  const what = started ? 'The connection to GitLab broke' : 'GitLab cannot be reached';
  const message = `${what}: ${reason ? `${reason} (${code})` : code}`;
  return new GitlabNetworkError(message, { sent: started }, origin);
}

/**
 * Reasons for error codes of Node, undici and tunnel.ts, for operators. The first entry that
 * matches applies.
 */
const networkReasons: readonly (readonly [codes: RegExp, reason: (setting: string) => string])[] = [
  [/^(ENOTFOUND|EAI_\w+)$/, (setting) => `the host name in ${setting} is unknown`],
  [/^ECONNREFUSED$/, (setting) => `nothing listens at the address in ${setting}`],
  [/^E(HOST|NET)UNREACH$/, (setting) => `there is no route to the host in ${setting}`],
  [/^PROXY_ANSWERED_407$/, () => 'the proxy requires a user and password in HTTPS_PROXY'],
  [/^PROXY_ANSWERED_/, () => 'the proxy refused to connect to the host in GITLAB_URL'],
  [/ALTNAME/, () => 'the certificate is for another host name'],
  [/EXPIRED|NOT_YET_VALID/, () => 'the certificate is not valid at this time'],
  [/CERT|SIGNATURE|SELF_SIGNED/, () => 'the certificate comes from an unknown authority'],
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/,
    () => 'the server does not use TLS; its address begins with http://, not https://',
  ],
  [/^(ERR_SSL_\w+|EPROTO)$/, () => 'the server does not accept TLS as it is configured here'],
  [
    /^(HPE_\w+|HTTPParserError)$/,
    (setting) => `the response is not HTTP; a TLS port needs https:// in ${setting}`,
  ],
];

interface ExchangeOptions {
  readonly dispatcher: Dispatcher;
  /**
   * A separate pool for streams, so that slow readers of logs do not occupy the connections of
   * other calls.
   */
  readonly streams: Dispatcher;
  readonly origin: string;
  /** Name of the setting that contains the address of the connections, for error messages. */
  readonly addressSetting: AddressSetting;
  /**
   * Prefix of every path, such as "/api/v4" or "/gitlab/api/v4". Includes the origin if a forward
   * proxy receives the calls.
   */
  readonly prefix: string;
  /** Value of the Host header, if it differs from the host of `origin`. */
  readonly host?: string | undefined;
  readonly userAgent: string;
  readonly headersTimeoutMs: number;
  /** Longest pause between two chunks of a body. */
  readonly bodyTimeoutMs: number;
  /**
   * Maximum size of a body that is not streamed. Applies to the body as received and again after
   * decompression.
   */
  readonly maxBodyBytes: number;
}

interface Settle {
  resolve(response: RawResponse): void;
  reject(error: unknown): void;
}

function toRequest(options: ExchangeOptions, call: Call): Dispatcher.DispatchOptions {
  const isFile = call.expects === 'file';
  const headers: Record<string, string> = {
    accept: isFile ? '*/*' : 'application/json',
    'accept-encoding': isFile ? 'identity' : 'gzip',
    'user-agent': options.userAgent,
  };
  if (options.host) headers['host'] = options.host;
  if (call.traceContext) Object.assign(headers, call.traceContext);
  for (const [name, value] of call.credential.headers.reveal()) headers[name] = value;
  if (call.ifNoneMatch) headers['if-none-match'] = call.ifNoneMatch;
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  return {
    origin: options.origin,
    path: `${options.prefix}${call.endpoint.path}${call.query}`,
    method: call.method,
    headers,
    body: call.body ?? null,
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
  };
}

/**
 * Creates the sink for the body once the status is known. Calls `settle` when the body is complete
 * or, for a stream, immediately.
 */
function openSink(
  head: { status: number; headers: Headers },
  context: { call: Call; limit: number; controller: Dispatcher.DispatchController },
  settle: Settle,
): BodySink {
  const { call, limit, controller } = context;
  const encoding = headerOf(head.headers, 'content-encoding')?.trim().toLowerCase();
  const unusable = (detail: string, cause?: unknown) =>
    new GitlabResponseError(detail, head, originOf(call, head, cause));
  const undecoded = (cause: unknown) => unusable('it cannot be decompressed', cause);
  if (call.streaming && head.status < 300 && isDecodable(encoding)) {
    const { stream, sink } = createBodyStream(controller);
    const decoded = decodeStream(stream, encoding, undecoded);
    settle.resolve({ ...head, body: Buffer.alloc(0), stream: decoded });
    return sink;
  }
  return createCollector({
    limit,
    done: (body) =>
      void decodeBody(body, encoding, limit).then(
        (decoded) => settle.resolve({ status: head.status, headers: head.headers, body: decoded }),
        (error) => settle.reject(undecoded(error)),
      ),
    overflow() {
      settle.reject(unusable(`it is longer than ${limit} bytes`));
      controller.abort(new Error('The response is too long.'));
    },
    fail: settle.reject,
  });
}

function createHandler(
  options: ExchangeOptions,
  call: Call,
  settle: Settle,
): Dispatcher.DispatchHandler {
  let controller: Dispatcher.DispatchController | undefined;
  let sink: BodySink | undefined;
  const finish = (error?: unknown) => {
    call.signal.removeEventListener('abort', onAbort);
    if (error !== undefined) (sink?.fail ?? settle.reject)(error);
  };
  const onAbort = () => {
    finish(call.signal.reason);
    controller?.abort(new Error('The call was aborted.'));
  };
  call.signal.addEventListener('abort', onAbort, { once: true });
  return {
    onRequestStart(started) {
      controller = started;
      // If the call was aborted while it waited for a connection, nothing has been written yet.
      if (call.signal.aborted) started.abort(new Error('The call was aborted.'));
      else call.progress.sent = true;
    },
    onResponseStart(started, status, headers) {
      if (status < 200) return;
      const context = { call, limit: options.maxBodyBytes, controller: started };
      sink = openSink({ status, headers }, context, settle);
    },
    onResponseData: (_, chunk) => sink?.write(chunk),
    onResponseEnd() {
      finish();
      sink?.end();
    },
    onResponseError(_, error) {
      const { addressSetting } = options;
      finish(toNetworkError(call, { error, started: controller !== undefined, addressSetting }));
    },
  };
}

/**
 * Returns a function that performs one HTTP exchange, without retries and without following
 * redirects. The function resolves for every status.
 */
export function createExchange(options: ExchangeOptions): Exchange {
  return (call) =>
    new Promise((resolve, reject) => {
      if (call.signal.aborted) return reject(call.signal.reason);
      const dispatcher = call.streaming ? options.streams : options.dispatcher;
      const handler = createHandler(options, call, { resolve, reject });
      dispatcher.dispatch(toRequest(options, call), handler);
    });
}
