/** An answer that ends the handling of a request: an error of GitLab's, or a redirect. */
export class ApiFailure extends Error {
  override name = 'ApiFailure' as const;
  readonly status: number;
  /** Sent as JSON; a string is sent as plain text. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`GitLab answers ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

function message(status: number, text: string): ApiFailure {
  return new ApiFailure(status, { message: text });
}

/** No credential, or one that GitLab does not know (upstream.md §8). */
export function unauthorized(): ApiFailure {
  return message(401, '401 Unauthorized');
}

/** A right is missing; `reason` follows after a dash where GitLab says one (§1.2). */
export function forbidden(reason?: string): ApiFailure {
  return message(403, reason === undefined ? '403 Forbidden' : `403 Forbidden - ${reason}`);
}

/** `404 Project Not Found` by name; GitLab's generic text has a small `found` (§1.1). */
export function notFound(what?: 'Project' | 'Job'): ApiFailure {
  return message(404, what === undefined ? '404 Not found' : `404 ${what} Not Found`);
}

/** A request that cannot be done as asked (§1.2). */
export function badRequest(reason: string): ApiFailure {
  return message(400, `400 Bad request - ${reason}`);
}

/** Parameters that Grape refuses; it joins them with commas (§1.2). */
export function invalidParameters(problems: readonly string[]): ApiFailure {
  return new ApiFailure(400, { error: problems.join(', ') });
}

/** No such route (§1.2: the key is `error` here). */
export function noRoute(): ApiFailure {
  return new ApiFailure(404, { error: '404 Not Found' });
}

/** Pagination that this list does not offer (§4). */
export function paginationNotAllowed(error: string): ApiFailure {
  return new ApiFailure(405, { error });
}

/** Whatever GitLab did not foresee. */
export function internalError(): ApiFailure {
  return message(500, '500 Internal Server Error');
}

/** The OAuth responder's refusals: 401 with a challenge, 403 with the scopes it wants (§8). */
export function oauthRefusal(error: 'invalid_token' | 'insufficient_scope', description: string) {
  const body = { error, error_description: description };
  if (error === 'insufficient_scope')
    return new ApiFailure(403, { ...body, scope: 'api read_api' });
  const challenge = `Bearer realm="Protected by OAuth 2.0", error="${error}", error_description="${description}"`;
  return new ApiFailure(401, body, { 'WWW-Authenticate': challenge });
}

/** A fine-grained token without the permission (§8). */
export function insufficientPermission(permission: string): ApiFailure {
  return new ApiFailure(403, {
    error: 'insufficient_granular_scope',
    error_description: `Access denied: This operation requires a fine-grained personal access token with the following project permissions: [${permission}].`,
  });
}

/** The application rate limiter's 429, whose message is an object (§5.2). */
export function tooManyRequests(): ApiFailure {
  const error = 'This endpoint has been requested too many times. Try again later.';
  return new ApiFailure(429, { message: { error } });
}

/** Any write may run into somebody else's (§2.12). */
export function resourceLock(): ApiFailure {
  return message(409, '409 Conflict: Resource lock');
}
