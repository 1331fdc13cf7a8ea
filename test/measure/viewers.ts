import { type ClientRequest, request } from 'node:http';

/** Many who follow one job by event streams. */
export interface Viewers {
  /** When each of them got its event of that number, in ms; waits until all have it. The first is 0. */
  told(event: number): Promise<number[]>;
  leave(): void;
}

/** Opens their streams, and waits until all have seen the job. */
export async function openViewers(url: string, id: string, count: number): Promise<Viewers> {
  const times: number[][] = Array.from({ length: count }, () => []);
  const query = `subscription { jobUpdated(id: "${id}") { status } }`;
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'private-token': 'glpat-alice',
  };
  const open = (seen: number[]): ClientRequest => {
    const options = { method: 'POST', headers, agent: false };
    const opened = request(`${url}/graphql`, options, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        const now = performance.now();
        for (const _ of text.matchAll(/event: next/g)) seen.push(now);
      });
      response.on('error', () => {});
    });
    opened.on('error', () => {});
    return opened.end(JSON.stringify({ query }));
  };
  const opened = times.map(open);
  const told = async (event: number) => {
    while (times.some((seen) => seen.length <= event)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return times.map((seen) => seen[event] ?? 0);
  };
  await told(0);
  return {
    told,
    leave() {
      for (const each of opened) each.destroy();
    },
  };
}
