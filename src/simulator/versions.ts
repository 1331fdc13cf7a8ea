/** The GitLab releases the simulator can imitate, oldest first. */
export const versions = ['14.10', '16.0', '18.0', '18.6', '19.3'] as const;
export type Version = (typeof versions)[number];

interface Span {
  /** First simulated release with the behavior. */
  readonly since?: Version;
  /** First simulated release without it. */
  readonly before?: Version;
}

/*
 * Behavior that differs between the releases (upstream.md §11), with the exact GitLab version in
 * brackets where it is known. Keys of a row state their release in serialize.ts.
 */
const spans = {
  /** `pagination=keyset` on a project's jobs (15.9, §4.2). */
  keyset: { since: '16.0' },
  /** X-NEXT-CURSOR and X-PREV-CURSOR in addition to Link (19.x, §4.2). */
  cursorHeaders: { since: '19.3' },
  /** X-Total on a project's jobs; later releases do not count them (§4.1). */
  projectJobsTotals: { before: '16.0' },
  /** The limit of 50,000 rows without its later opt-in flag (15.9 to 16.5, §4.1). */
  offsetLimit: { since: '16.0', before: '18.0' },
  /** page=0 and negative pages are rejected instead of read as 1 (§4.1). */
  strictPages: { since: '18.6' },
  /** 600 requests per minute and user on a project's jobs (15.7, §5.2). */
  jobsIndexLimit: { since: '16.0' },
  /** RateLimit-* on successful responses too (§5.1). */
  rateLimitHeadersAlways: { since: '18.6' },
  /** 503 for a write in maintenance mode; 403 before (§6). */
  maintenance503: { since: '18.0' },
  /** `ref` filters a project's jobs (§2.1). */
  refFilter: { since: '19.3' },
  /** The old path of a moved project redirects (16.7, §1.3). */
  movedRedirect: { since: '18.0' },
  /** `/trigger_jobs` as another name of `/bridges` (19.2, §2.3). */
  triggerJobs: { since: '19.3' },
  /** GET /metadata (15.2). */
  metadata: { since: '16.0' },
  /** The Gitlab-Feature-Flag header of /job/allowed_agents (§2.7). */
  agentFlags: { since: '18.0' },
  /** `byte_offset` and `byte_limit` on a trace (§7). */
  traceRanges: { since: '19.3' },
  /** The status `canceling`, in which after_script still runs (17.0, §2.8). */
  gracefulCancel: { since: '18.0' },
  /** `force` on cancel (§2.8). */
  forceCancel: { since: '18.6' },
  /** The status `waiting_for_callback` (17.x, §3.9). */
  waitingForCallback: { since: '18.0' },
  /** Trigger jobs can be retried (17.0, §2.9). */
  retryBridges: { since: '18.0' },
  /** Retry and erase check the project's write permission before the job is looked up (§1.1). */
  projectWriteCheck: { before: '18.6' },
  /** An archived job can be neither canceled nor erased (§2.10). */
  archivedFrozen: { before: '18.0' },
  /** `inputs` on retry and `job_inputs` on play (18.10, §2.9). */
  jobInputs: { since: '19.3' },
  /** A project setting for the lowest role that may set pipeline variables (17.x, §2.11). */
  variablesRole: { since: '18.0' },
  /** Job tokens read the jobs of a project and of a pipeline (§8). */
  jobTokenReadsJobs: { since: '18.6' },
  /** Job tokens read bridges and pipelines (§8). */
  jobTokenReadsPipelines: { since: '19.3' },
} as const satisfies Record<string, Span>;

/** The name of a behavior that not every release has. */
export type Capability = keyof typeof spans;

/** The behavior of one release. `release` is the version string GitLab reports. */
export type Capabilities = Readonly<Record<Capability, boolean>> & {
  readonly version: Version;
  readonly release: string;
};

export function isSince(current: Version, version: Version): boolean {
  return versions.indexOf(current) >= versions.indexOf(version);
}

function covers({ since, before }: Span, version: Version): boolean {
  if (since !== undefined && !isSince(version, since)) return false;
  return before === undefined || !isSince(version, before);
}

export function capabilitiesOf(version: Version): Capabilities {
  const names = Object.keys(spans) as Capability[];
  const supported = Object.fromEntries(names.map((name) => [name, covers(spans[name], version)]));
  return {
    ...(supported as Record<Capability, boolean>),
    version,
    release: `${version}.0-ee`,
  };
}
