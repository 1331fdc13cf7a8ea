import type { CombinedError } from '@urql/core';
import { applyTraceChunk } from 'gitlab-jobs-gateway/client';
import { useEffect, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { LogLinesDocument } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { type Job, type Log, toLog } from './log.ts';

const appended = typed(LogLinesDocument);

interface LiveLog {
  log: Log;
  /**
   * Why the updates of the log failed. Undefined while updates arrive, and if the log is complete.
   */
  error: CombinedError | undefined;
}

/** Returns the log of a job, including the lines that are appended while the job runs. */
export function useLiveLog({ id, complete, trace }: Pick<Job, 'id' | 'complete' | 'trace'>) {
  const client = useClient();
  const read = useMemo(() => trace && toLog(trace), [trace]);
  const [live, setLive] = useState<LiveLog & { read: Log }>();
  useEffect(() => {
    if (complete || !read) return undefined;
    let log = read;
    const variables = { id, afterByte: String(read.endByte) };
    const { unsubscribe } = client.subscription(appended, variables).subscribe((result) => {
      if (result.data) log = applyTraceChunk(log, result.data.jobTraceAppended);
      setLive({ read, log, error: result.error });
    });
    return unsubscribe;
  }, [client, id, complete, read]);
  if (live && live.read === read) return live;
  return { log: read ?? undefined, error: undefined };
}
