/**
 * What is known about the SERVER, learned from its answers and shared by all callers: versions differ
 * (upstream.md §11), and nothing here may depend on who asked. Undefined means not known yet.
 */
export interface ServerCapabilities {
  /** Whether project jobs page by key (GitLab 15.9 and later). */
  keyset: boolean | undefined;
  /** Whether keyset pages carry X-NEXT-CURSOR and X-PREV-CURSOR. */
  cursorHeaders: boolean | undefined;
  /** Whether GitLab's cursors are made as ours; false: build none, follow none, use offset pages. */
  builtCursors: boolean | undefined;
  /** Where a pipeline's trigger jobs are (19.2 and later: trigger_jobs). */
  bridges: 'bridges' | 'trigger_jobs' | undefined;
  /** Whether byte_offset of a trace is honoured (19.0 and later); for the reader of traces to note. */
  byteOffset: boolean | undefined;
}

/** Knows nothing yet. */
export function createServerCapabilities(): ServerCapabilities {
  return {
    keyset: undefined,
    cursorHeaders: undefined,
    builtCursors: undefined,
    bridges: undefined,
    byteOffset: undefined,
  };
}
