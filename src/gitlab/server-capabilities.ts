/**
 * Features of the GitLab server, detected from its responses since versions differ (upstream.md
 * §11). Shared by all callers, so nothing here may depend on a caller. Undefined until detected.
 */
export interface ServerCapabilities {
  /** Whether lists of project jobs support keyset pagination (GitLab 15.9 and later). */
  keyset?: boolean;
  /** Whether keyset pages have the headers X-NEXT-CURSOR and X-PREV-CURSOR. */
  cursorHeaders?: boolean;
  /** Whether its cursors have the form that is built here. If false, offset pages are used. */
  builtCursors?: boolean;
  /** Name of the endpoint for a pipeline's trigger jobs (19.2 and later: trigger_jobs). */
  bridges?: 'bridges' | 'trigger_jobs';
  /** Whether byte_offset of a trace is supported (19.0 and later). Set by the reader of traces. */
  byteOffset?: boolean;
}
