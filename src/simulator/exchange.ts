import type { IncomingHttpHeaders } from 'node:http';
import type { Limits } from './limits.ts';
import type { Params } from './params.ts';
import type { JobRecord, TokenRecord, UserRecord, WorldState } from './records.ts';
import type { Capabilities, Capability } from './versions.ts';

/** Who asks. A job token acts as its job's user. */
export interface Caller {
  readonly user: UserRecord | null;
  readonly token: TokenRecord | null;
  readonly job: JobRecord | null;
}

/** One authenticated request on its way through a handler. */
export interface Exchange {
  readonly world: WorldState;
  readonly caps: Capabilities;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Path as it was sent, without query and without the install's base path. */
  readonly path: string;
  /** Path, query and body parameters together, as Grape sees them. */
  readonly params: Params;
  /** The query as it was sent, with its question mark; empty without one. */
  readonly search: string;
  readonly caller: Caller;
  /** What GitLab believes its own address to be; no trailing slash. */
  readonly externalUrl: string;
  readonly limits: Limits;
  /** The world's clock unless the simulator was given another; rate limits live by it. */
  readonly clock: () => number;
}

/** What a handler answers: JSON unless it brings bytes. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An endpoint: how it is addressed, who may ask, what it does. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** GitLab's own notation: `/projects/:id/jobs/:job_id`. */
  readonly template: string;
  /** Whether a request without credential ends at once with 401 (upstream.md §1.1). */
  readonly auth: 'required' | 'optional';
  /** The policy a job token of another project needs; `own` = only about its own job; null = no job tokens. */
  readonly jobToken: 'own' | 'read_jobs' | 'read_pipelines' | null;
  /** What a fine-grained token needs; absent = any may. */
  readonly permission?: string;
  /** Scopes that may read it beside `api` and `read_api`. */
  readonly scopes?: readonly string[];
  /** The release must have it; else there is no such route. */
  readonly capability?: Capability;
  readonly handle: (exchange: Exchange) => Answer;
}
