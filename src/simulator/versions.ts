/** The GitLab releases the simulator can be. */
export const versions = ['14.10', '16.0', '18.0', '18.6', '19.3'] as const;
/** One of the releases. */
export type Version = (typeof versions)[number];

interface Span {
  readonly since?: Version;
  readonly before?: Version;
}

/*
 * One line per difference between the releases (upstream.md §11): the first release of ours that
 * has it, or the first that no longer does.
 */
const spans = {
  /** `pagination=keyset` on a project's jobs (15.9, §4.2). */
  keyset: { since: '16.0' },
  /** X-NEXT-CURSOR and X-PREV-CURSOR beside the Link (19.x, §4.2). */
  cursorHeaders: { since: '19.3' },
  /** X-Total on a project's jobs; later releases do not count them (§4.1). */
  projectJobsTotals: { before: '16.0' },
  /** The 50,000 rows limit without its later opt-in flag (15.9 to 16.5, §4.1). */
  offsetLimit: { since: '16.0', before: '18.0' },
  /** page=0 and negatives are refused rather than read as 1 (§4.1). */
  strictPages: { since: '18.6' },
  /** 600 calls a minute per user on a project's jobs (15.7, §5.2). */
  jobsIndexLimit: { since: '16.0' },
  /** RateLimit-* on ordinary answers too (§5.1). */
  rateLimitHeadersAlways: { since: '18.6' },
  /** 503 for a write in maintenance mode; 403 before (§6). */
  maintenance503: { since: '18.0' },
  /** `ref` filters a project's jobs (§2.1). */
  refFilter: { since: '19.3' },
  /** An old path of a project redirects (16.7, §1.3). */
  movedRedirect: { since: '18.0' },
  /** `/trigger_jobs` beside `/bridges` (19.2, §2.3). */
  triggerJobs: { since: '19.3' },
  /** GET /metadata (15.2). */
  metadata: { since: '16.0' },
  /** The Gitlab-Feature-Flag header of /job/allowed_agents (§2.7). */
  agentFlags: { since: '18.0' },
  /** `byte_offset` and `byte_limit` on a trace (§7). */
  traceRanges: { since: '19.3' },
  /** The status `canceling`, and a cancel that lets after_script run (17.0, §2.8). */
  gracefulCancel: { since: '18.0' },
  /** `force` on cancel (§2.8). */
  forceCancel: { since: '18.6' },
  /** The status `waiting_for_callback` (17.x, §3.9). */
  waitingForCallback: { since: '18.0' },
  /** Trigger jobs can be retried (17.0, §2.9). */
  retryBridges: { since: '18.0' },
  /** Retry and erase ask for the project's write right before they look for the job (§1.1). */
  projectWriteCheck: { before: '18.6' },
  /** An archived job can be neither canceled nor erased (§2.10). */
  archivedFrozen: { before: '18.0' },
  /** `inputs` on retry and `job_inputs` on play (18.10, §2.9). */
  jobInputs: { since: '19.3' },
  /** The least role that may set pipeline variables (17.x, §2.11). */
  variablesRole: { since: '18.0' },
  /** Job tokens read a project's and a pipeline's jobs (§8). */
  jobTokenReadsJobs: { since: '18.6' },
  /** Job tokens read bridges and pipelines (§8). */
  jobTokenReadsPipelines: { since: '19.3' },
  /* Fields, in the order of §3. */
  pipelineIid: { since: '16.0' },
  erasedAt: { since: '16.0' },
  jobProject: { since: '16.0' },
  runnerManager: { since: '18.0' },
  archived: { since: '18.0' },
  runnerType: { since: '16.0' },
  runnerIpAddress: { before: '18.0' },
  runnerCreated: { since: '18.6' },
  jobExecutionStatus: { since: '18.6' },
  pipelineName: { since: '16.0' },
  extendedTrailers: { since: '16.0' },
  userLocked: { since: '16.0' },
  userDiscord: { since: '16.0' },
  userGithub: { since: '18.0' },
  userPublicEmail: { since: '18.0' },
  userSkype: { before: '18.0' },
  plannerRole: { since: '18.0' },
  securityManagerRole: { since: '19.3' },
} as const satisfies Record<string, Span>;

/** The name of a difference between the releases. */
export type Capability = keyof typeof spans;

/** What a release can do: every difference by name, and what it says its version is. */
export type Capabilities = Readonly<Record<Capability, boolean>> & { readonly release: string };

function covers(span: Span, version: Version): boolean {
  const at = versions.indexOf(version);
  const from = span.since === undefined ? 0 : versions.indexOf(span.since);
  const until = span.before === undefined ? versions.length : versions.indexOf(span.before);
  return from <= at && at < until;
}

/** The capabilities of a release (upstream.md §11). */
export function capabilitiesOf(version: Version): Capabilities {
  const names = Object.keys(spans) as Capability[];
  const has = Object.fromEntries(names.map((name) => [name, covers(spans[name], version)]));
  return { ...(has as Record<Capability, boolean>), release: `${version}.0-ee` };
}
