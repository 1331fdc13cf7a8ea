import { randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { demo } from '../../src/simulator/seed.ts';
import { createAsk, createHooks, HOOK_SECRET, listOf, pick, reads, unseen } from './callers.ts';

const { maintainer: token } = demo.tokens;

/**
 * Statuses that few or no jobs have. Each subset of them, together with SUCCESS, gives a list with
 * a different URL: 512 lists of 100 rows each.
 */
const RARE = [
  ...['CREATED', 'WAITING_FOR_RESOURCE', 'PREPARING', 'PENDING', 'CANCELING'],
  ...['SKIPPED', 'MANUAL', 'SCHEDULED', 'CANCELED'],
];

/** Lists of jobs, each of which needs a different URL of GitLab. */
const lists = Array.from({ length: 2 ** RARE.length }, (_, bits) => {
  const statuses = ['SUCCESS', ...RARE.filter((_status, at) => bits & (1 << at))];
  return listOf(`first: 100, statuses: [${statuses}]`);
});

const inTurn = async (times: number, act: (at: number) => Promise<unknown>) => {
  let next = 0;
  const go = async () => {
    for (let at = next++; at < times; at = next++) await act(at);
  };
  await Promise.all(Array.from({ length: 10 }, go));
};

/**
 * Fills all caches of the gateway up to their limits. The limits are numbers of entries (callers,
 * webhooks and unknown documents, 10,000 at most), characters (parsed documents) or bytes (40 MB of
 * compiled operations, 64 MiB of responses with an ETag). Memory that still grows afterwards has no
 * limit.
 */
export async function fillMemories(url: string, dispatcher: Dispatcher): Promise<void> {
  const ask = createAsk(url, dispatcher);
  const hook = createHooks(url, dispatcher);
  await inTurn(lists.length, (at) => ask(lists[at] ?? pick(lists), { token }));
  await inTurn(1_000, async () => {
    const operation = pick(reads);
    const known = { ...operation, query: `${operation.query} # ${randomUUID()}` };
    // An operation is compiled at its second use. Its fields are prepared when it then runs.
    for (let use = 0; use < 2; use += 1) await ask(known, { token });
  });
  await inTurn(11_000, async () => {
    const stranger = ask(pick(reads), { token: `glpat-${randomUUID()}` });
    await Promise.all([stranger, hook(HOOK_SECRET), ask(unseen(), { token })]);
  });
}
