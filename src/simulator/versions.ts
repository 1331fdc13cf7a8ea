/** The GitLab releases that the simulator can imitate, oldest first. */
export const versions = ['14.10', '16.0', '18.0', '18.6', '19.3'] as const;
export type Version = (typeof versions)[number];

/** Any release of GitLab, even one that cannot be simulated. */
type Release = `${number}.${number}`;

interface Span {
  /**
   * First release with the behavior. If that is unknown, the first simulated release that has it.
   */
  readonly since?: Release;
  /** First release without the behavior. */
  readonly before?: Release;
}

/*
 * Behavior that differs between GitLab's releases (upstream.md §11). serialize.ts defines which
 * members an object has in which release.
 */
const spans = {
  /** `pagination=keyset` on a project's jobs (upstream.md §4.2). */
  keyset: { since: '15.9' },
  /** X-NEXT-CURSOR and X-PREV-CURSOR in addition to Link (upstream.md §4.2). */
  cursorHeaders: { since: '19.0' },
  /** X-Total on a project's jobs. Later releases do not count the jobs (upstream.md §4.1). */
  projectJobsTotals: { before: '16.0' },
  /**
   * Offset pages beyond 50,000 rows are rejected. Later releases do this only with a feature flag
   * (upstream.md §4.1).
   */
  offsetLimit: { since: '15.9', before: '16.6' },
  /** page=0 and negative page or per_page are rejected. Earlier releases read them as 1. */
  strictPages: { since: '18.6' },
  /** Limit of 600 requests per minute and user for a project's list of jobs (upstream.md §5.2). */
  jobsIndexLimit: { since: '15.7' },
  /** RateLimit-* headers on successful responses, not only on a 429 (upstream.md §5.1). */
  rateLimitHeadersAlways: { since: '18.6' },
  /** 503 for a write in maintenance mode; earlier releases send 403 (upstream.md §6). */
  maintenance503: { since: '18.0' },
  /** `ref` filters a project's jobs (upstream.md §2.1). */
  refFilter: { since: '19.0' },
  /** The old path of a moved project redirects (upstream.md §1.3). */
  movedRedirect: { since: '16.7' },
  /** `/trigger_jobs` as a second name of `/bridges` (upstream.md §2.3). */
  triggerJobs: { since: '19.2' },
  /** The endpoint GET /metadata. */
  metadata: { since: '15.2' },
  /** The response of /job/allowed_agents has the header Gitlab-Feature-Flag. */
  agentFlags: { since: '18.0' },
  /** `byte_offset` and `byte_limit` on a trace (upstream.md §7). */
  traceRanges: { since: '19.0' },
  /** The status `canceling`, during which after_script still runs (upstream.md §2.8). */
  gracefulCancel: { since: '17.0' },
  /** The parameter `force` of a cancel request (upstream.md §2.8). */
  forceCancel: { since: '18.5' },
  /** The status `waiting_for_callback`. */
  waitingForCallback: { since: '17.0' },
  /** Trigger jobs can be retried (upstream.md §2.9). */
  retryBridges: { since: '17.0' },
  /**
   * For retry and erase, write access to the project is checked before the job is looked up
   * (upstream.md §1.1).
   */
  projectWriteCheck: { before: '18.6' },
  /** An archived job can be neither canceled nor erased. */
  archivedFrozen: { before: '18.0' },
  /** `inputs` on retry and `job_inputs` on play (upstream.md §2.9). */
  jobInputs: { since: '18.10' },
  /** At most 5 retries of a pipeline per minute and user (upstream.md §5.3). */
  pipelineRetryLimit: { since: '19.3' },
  /** The project setting for the lowest role that may set pipeline variables. */
  variablesRole: { since: '17.0' },
  /** Job tokens may read the jobs of a project and of a pipeline (upstream.md §8). */
  jobTokenReadsJobs: { since: '18.6' },
  /** Job tokens may read bridges and pipelines (upstream.md §8). */
  jobTokenReadsPipelines: { since: '19.2' },
} as const satisfies Record<string, Span>;

/** Name of a behavior that differs between releases. */
export type Capability = keyof typeof spans;

/** The behavior of one release. `release` is the version that GitLab reports. */
export type Capabilities = Readonly<Record<Capability, boolean>> & {
  readonly version: Version;
  readonly release: string;
};

const numeric = new Intl.Collator('en', { numeric: true });

/** Whether the release `current` is `given` or newer. 18.10 is newer than 18.6. */
export function isSince(current: Release, given: Release): boolean {
  return numeric.compare(current, given) >= 0;
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
