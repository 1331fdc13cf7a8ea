import { createClient } from '../../src/client/index.ts';

/** The part of a log that was received so far. */
export interface Followed {
  text: string;
  /** Number of events whose `startByte` is not the end of the text that was received before. */
  gaps: number;
  retries: number;
  end: string | undefined;
}

const LOG = `subscription ($id: ID!, $from: BigInt) {
  jobTraceAppended(id: $id, afterByte: $from) { text startByte endByte }
}`;

interface Data {
  jobTraceAppended: { text: string; startByte: number; endByte: number };
}

/** Follows a log. The returned object is updated with each event. */
export function follow(url: string, token: string, id: string): Followed {
  const followed: Followed = { text: '', gaps: 0, retries: 0, end: undefined };
  const client = createClient({ url, headers: { 'PRIVATE-TOKEN': token } });
  const options = {
    onRetry() {
      followed.retries += 1;
    },
  };
  const read = async () => {
    for await (const { data } of client.subscribe<Data>(LOG, { id }, options)) {
      if (!data) continue;
      const { text, startByte } = data.jobTraceAppended;
      if (startByte !== new TextEncoder().encode(followed.text).length) followed.gaps += 1;
      followed.text += text;
    }
    return 'complete';
  };
  void read()
    .catch(String)
    .then((end) => {
      followed.end = end;
    });
  return followed;
}
