import type { Client } from 'graphql-sse';
import { LOG_LINES } from './documents.ts';

interface Line {
  number: number;
  html: string;
}

interface LinesEvent {
  jobTraceAppended: {
    startByte: number | string;
    endByte: number | string;
    lineCount: number;
    lines: Line[];
  };
}

/** Calls `onLines` with all lines of a log after each change. Returns an unsubscribe function. */
export function followLines(
  client: Client,
  id: string,
  onLines: (lines: Line[]) => void,
  onError: (error: unknown) => void,
) {
  const variables: { id: string; afterByte: number | string } = { id, afterByte: 0 };
  let lines: Line[] = [];
  return client.subscribe<LinesEvent>(
    { query: LOG_LINES, variables },
    {
      next({ data, errors }) {
        if (!data) return onError(errors);
        const { startByte, endByte, lineCount, lines: changed } = data.jobTraceAppended;
        if (Number(startByte) < Number(variables.afterByte)) lines = [];
        const numbers = new Set(changed.map(({ number }) => number));
        const kept = lines.filter(({ number }) => number <= lineCount && !numbers.has(number));
        lines = [...kept, ...changed].sort((a, b) => a.number - b.number);
        variables.afterByte = endByte;
        onLines(lines);
      },
      error: onError,
      complete() {},
    },
  );
}
