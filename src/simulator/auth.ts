import type { IncomingHttpHeaders } from 'node:http';
import type { JobRecord, TokenRecord, UserRecord } from './records.ts';
import type { Caller, Route, UnauthenticatedRequest } from './request.ts';
import {
  ApiError,
  forbidden,
  insufficientPermission,
  oauthError,
  unauthorized,
} from './responses.ts';
import type { Capabilities } from './versions.ts';

const anonymous: Caller = { user: null, token: null, job: null };

function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

function bearer(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** Returns the credentials of a request, in GitLab's order of precedence. */
function credentialsOf({ headers, params }: Pick<UnauthenticatedRequest, 'headers' | 'params'>) {
  return {
    privateToken: firstText(headers['private-token'], params['private_token']),
    bearerToken: firstText(bearer(headers), params['access_token']),
    jobToken: firstText(headers['job-token'], params['job_token']),
  };
}

/**
 * Whether a job's token is valid: only while the job or its after_script runs (upstream.md §2.6).
 */
function hasValidToken(job: JobRecord | null): job is JobRecord {
  return job !== null && (job.status === 'running' || job.status === 'canceling');
}

function acceptsJobTokens({ jobToken }: Route, caps: Capabilities): boolean {
  if (jobToken === 'read_jobs') return caps.jobTokenReadsJobs;
  if (jobToken === 'read_pipelines') return caps.jobTokenReadsPipelines;
  return jobToken === 'own' || jobToken === 'artifacts';
}

function jobCaller(token: TokenRecord | undefined): Caller {
  const job = token?.job ?? null;
  if (token?.kind !== 'job' || !hasValidToken(job)) throw unauthorized();
  checkUserState(token.user);
  return { user: token.user, token, job };
}

const blockedStates: Readonly<Record<string, string>> = {
  blocked: 'Your account has been blocked.',
  banned: 'Your account has been blocked.',
  ldap_blocked: 'Your account has been blocked.',
  deactivated: 'Your account has been deactivated by your administrator.',
  blocked_pending_approval:
    'Your request to join this GitLab instance is pending approval from a GitLab administrator.',
};

function checkUserState(user: UserRecord): void {
  const reason = blockedStates[user.state];
  if (reason !== undefined) throw forbidden(reason);
}

function insufficientScope(): ApiError {
  const text = 'The request requires higher privileges than provided by the access token.';
  return oauthError('insufficient_scope', text);
}

function checkScopes(token: TokenRecord, route: Route, method: string): void {
  const isRead = method === 'GET' || method === 'HEAD';
  const sufficient = isRead ? ['api', 'read_api', ...(route.scopes ?? [])] : ['api'];
  if (!token.scopes.some((scope) => sufficient.includes(scope))) throw insufficientScope();
}

/**
 * Throws if a token is expired, is revoked, or lacks the scope or permission that the route needs.
 * The checks are in GitLab's order (upstream.md §8).
 */
function checkToken(token: TokenRecord, route: Route, method: string): void {
  const expired = 'Token is expired. You can either do re-authorization or token refresh.';
  if (token.expired) throw oauthError('invalid_token', expired);
  const revoked = 'Token was revoked. You have to re-authorize from the user.';
  if (token.revoked) throw oauthError('invalid_token', revoked);
  const { permission } = route;
  if (token.permissions === null) checkScopes(token, route, method);
  else if (permission !== undefined && !token.permissions.includes(permission)) {
    throw insufficientPermission(permission);
  }
}

/**
 * Applies the Sudo header or the parameter `sudo`: an admin whose token has the scope `sudo` acts
 * as another user.
 */
function applySudo(request: UnauthenticatedRequest, caller: Caller): Caller {
  const target = firstText(request.headers['sudo'], request.params['sudo']);
  if (target === undefined || caller.user === null) return caller;
  if (!caller.user.admin) throw forbidden('Must be admin to use sudo');
  if (caller.token?.scopes.includes('sudo') !== true) throw insufficientScope();
  const users = [...request.world.users.values()];
  const user = users.find(({ id, username }) => String(id) === target || username === target);
  if (user === undefined) {
    throw new ApiError(404, { message: `404 User with ID or username '${target}' Not Found` });
  }
  return { ...caller, user };
}

function tokenCaller(request: UnauthenticatedRequest, route: Route, value: string): Caller {
  const token = request.world.tokens.get(value);
  if (token === undefined) throw unauthorized();
  checkToken(token, route, request.method);
  checkUserState(token.user);
  return applySudo(request, { user: token.user, token, job: null });
}

function bearerCaller(request: UnauthenticatedRequest, route: Route, value: string): Caller {
  const token = request.world.tokens.get(value);
  if (token?.kind !== 'job') return tokenCaller(request, route, value);
  if (!acceptsJobTokens(route, request.caps)) throw unauthorized();
  return jobCaller(token);
}

/**
 * Authenticates a request by the first of its credentials, in GitLab's order of precedence. Throws
 * if that credential is invalid, even if a later one is valid.
 */
export function authenticate(request: UnauthenticatedRequest, route: Route): Caller {
  const { privateToken, bearerToken, jobToken } = credentialsOf(request);
  if (privateToken !== undefined) {
    const kind = request.world.tokens.get(privateToken)?.kind;
    if (kind !== 'personal') throw unauthorized();
    return tokenCaller(request, route, privateToken);
  }
  if (bearerToken !== undefined) return bearerCaller(request, route, bearerToken);
  // A job token in JOB-TOKEN or `job_token` is ignored if the route does not accept job tokens
  // (upstream.md §8).
  if (jobToken !== undefined && acceptsJobTokens(route, request.caps)) {
    return jobCaller(request.world.tokens.get(jobToken));
  }
  if (route.auth === 'required') throw unauthorized();
  return anonymous;
}

/**
 * Returns the name and the key of the rate limit counter for a request (upstream.md §5.1). Each
 * user has a counter. All anonymous requests share one counter.
 */
export function throttleKey(request: UnauthenticatedRequest): { name: string; key: string } {
  const { privateToken, bearerToken, jobToken } = credentialsOf(request);
  const token = request.world.tokens.get(privateToken ?? bearerToken ?? jobToken ?? '');
  if (token === undefined) return { name: 'throttle_unauthenticated_api', key: 'anonymous' };
  return { name: 'throttle_authenticated_api', key: `user ${token.user.id}` };
}
