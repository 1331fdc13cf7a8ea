import type { Client } from 'graphql-sse';
import { LOG_APPENDED } from './documents.ts';

interface LogEvent {
  jobTraceAppended: { text: string; endByte: number | string; complete: boolean };
}

/** Calls `onText` with each new piece of a job's log. Returns an unsubscribe function. */
export function followLog(
  client: Client,
  id: string,
  onText: (text: string) => void,
  onError: (error: unknown) => void,
) {
  // The client sends these variables again when it reconnects, so the log continues at that byte.
  const variables: { id: string; afterByte: number | string } = { id, afterByte: 0 };
  return client.subscribe<LogEvent>(
    { query: LOG_APPENDED, variables },
    {
      next({ data, errors }) {
        if (!data) return onError(errors);
        onText(data.jobTraceAppended.text);
        variables.afterByte = data.jobTraceAppended.endByte;
      },
      error: onError,
      complete() {},
    },
  );
}
