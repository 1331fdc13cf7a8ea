import type { IncomingHttpHeaders } from 'node:http';
import type { Caller, Route } from './exchange.ts';
import {
  ApiFailure,
  forbidden,
  insufficientPermission,
  oauthRefusal,
  unauthorized,
} from './failure.ts';
import type { Params } from './params.ts';
import type { JobRecord, TokenRecord, UserRecord, WorldState } from './records.ts';
import type { Capabilities } from './versions.ts';

/** A request before anyone knows whose it is. */
export interface Unauthenticated {
  readonly world: WorldState;
  readonly caps: Capabilities;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: Params;
}

const anonymous: Caller = { user: null, token: null, job: null };

function first(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

function bearer(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** The credentials of a request, in the order GitLab looks for them. */
function presented({ headers, params }: Pick<Unauthenticated, 'headers' | 'params'>) {
  return {
    privateToken: first(headers['private-token'], params['private_token']),
    bearerToken: first(bearer(headers), params['access_token']),
    jobToken: first(headers['job-token'], params['job_token']),
  };
}

/** A job token lives while its job runs, after_script of a cancel included (§2.6). */
function isAlive(job: JobRecord | null): job is JobRecord {
  return job !== null && (job.status === 'running' || job.status === 'canceling');
}

function takesJobTokens(route: Route, caps: Capabilities): boolean {
  if (route.jobToken === 'read_jobs') return caps.jobTokenReadsJobs;
  if (route.jobToken === 'read_pipelines') return caps.jobTokenReadsPipelines;
  return route.jobToken === 'own';
}

function jobCaller(token: TokenRecord | undefined): Caller {
  const job = token?.job ?? null;
  if (token?.kind !== 'job' || !isAlive(job)) throw unauthorized();
  admit(token.user);
  return { user: token.user, token, job };
}

const lockedOut: Readonly<Record<string, string>> = {
  blocked: 'Your account has been blocked.',
  banned: 'Your account has been blocked.',
  ldap_blocked: 'Your account has been blocked.',
  deactivated: 'Your account has been deactivated by your administrator.',
  blocked_pending_approval:
    'Your request to join this GitLab instance is pending approval from a GitLab administrator.',
};

function admit(user: UserRecord): void {
  const reason = lockedOut[user.state];
  if (reason !== undefined) throw forbidden(reason);
}

function checkPermission(permissions: readonly string[], { permission }: Route): void {
  if (permission === undefined || permissions.includes(permission)) return;
  throw insufficientPermission(permission);
}

function checkScopes(token: TokenRecord, route: Route, method: string): void {
  const reads = method === 'GET' || method === 'HEAD';
  const enough = reads ? ['api', 'read_api', ...(route.scopes ?? [])] : ['api'];
  if (token.scopes.some((scope) => enough.includes(scope))) return;
  const text = 'The request requires higher privileges than provided by the access token.';
  throw oauthRefusal('insufficient_scope', text);
}

/** Expired before revoked before scope, as GitLab asks (§8). */
function validate(token: TokenRecord, route: Route, method: string): void {
  if (token.expired) {
    const text = 'Token is expired. You can either do re-authorization or token refresh.';
    throw oauthRefusal('invalid_token', text);
  }
  if (token.revoked) {
    const text = 'Token was revoked. You have to re-authorize from the user.';
    throw oauthRefusal('invalid_token', text);
  }
  if (token.permissions === null) checkScopes(token, route, method);
  else checkPermission(token.permissions, route);
}

function sudo(request: Unauthenticated, caller: Caller): Caller {
  const wanted = first(request.headers['sudo'], request.params['sudo']);
  if (wanted === undefined || caller.user === null) return caller;
  if (!caller.user.admin) throw forbidden('Must be admin to use sudo');
  if (caller.token?.scopes.includes('sudo') !== true) {
    const text = 'The request requires higher privileges than provided by the access token.';
    throw oauthRefusal('insufficient_scope', text);
  }
  const all = [...request.world.users.values()];
  const user = all.find(({ id, username }) => String(id) === wanted || username === wanted);
  if (user === undefined) {
    throw new ApiFailure(404, { message: `404 User with ID or username '${wanted}' Not Found` });
  }
  return { ...caller, user };
}

function tokenCaller(request: Unauthenticated, route: Route, value: string): Caller {
  const token = request.world.tokens.get(value);
  if (token === undefined) throw unauthorized();
  validate(token, route, request.method);
  admit(token.user);
  return sudo(request, { user: token.user, token, job: null });
}

function bearerCaller(request: Unauthenticated, route: Route, value: string): Caller {
  const token = request.world.tokens.get(value);
  if (token?.kind !== 'job') return tokenCaller(request, route, value);
  if (!takesJobTokens(route, request.caps)) throw unauthorized();
  return jobCaller(token);
}

/**
 * Whose request this is. A bad credential is always an error; a job token in its own header counts
 * as none where the route does not take it (upstream.md §8).
 */
export function authenticate(request: Unauthenticated, route: Route): Caller {
  const { privateToken, bearerToken, jobToken } = presented(request);
  if (privateToken !== undefined) {
    const kind = request.world.tokens.get(privateToken)?.kind;
    if (kind !== 'personal') throw unauthorized();
    return tokenCaller(request, route, privateToken);
  }
  if (bearerToken !== undefined) return bearerCaller(request, route, bearerToken);
  if (jobToken !== undefined && takesJobTokens(route, request.caps)) {
    return jobCaller(request.world.tokens.get(jobToken));
  }
  if (route.auth === 'required') throw unauthorized();
  return anonymous;
}

/** Whom the throttle counts a request for: a user, or everybody without a valid token (§5.1). */
export function throttleKey(request: Unauthenticated): { name: string; key: string } {
  const { privateToken, bearerToken, jobToken } = presented(request);
  const token = request.world.tokens.get(privateToken ?? bearerToken ?? jobToken ?? '');
  if (token === undefined) return { name: 'throttle_unauthenticated_api', key: 'anonymous' };
  return { name: 'throttle_authenticated_api', key: `user ${token.user.id}` };
}
