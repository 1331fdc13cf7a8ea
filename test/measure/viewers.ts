import { type ClientRequest, request } from 'node:http';

/** Many subscribers of one job, each with an event stream of its own. */
export interface Viewers {
  /**
   * Waits until all viewers have received the event with this number, counted from 0. Returns when
   * each of them received it, in ms (`performance.now`).
   */
  told(event: number): Promise<number[]>;
  leave(): void;
}

/** Opens `count` event streams. Waits until all have received the first event. */
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
