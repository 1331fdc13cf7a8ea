import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../util/clock.ts';
import { peerName, readPeerTable, type Unanswered } from './peer-table.ts';

/*
 * Who follows something by an event stream never says a word, so when its network is lost the kernel
 * alone knows: what it sends goes unanswered. By itself it gives up after 11 s, or a quarter of an hour where
 * something is under way, and Node can set neither (docs/decisions/006-live-updates-by-shared-polling.md). But
 * Linux shows how it stands with each connection.
 */

/** What watching connections takes. */
export interface LostPeersOptions {
  clock: Clock;
  /** The kernel's tables of connections. Rejects where there are none. @default Linux's */
  readTables?: (() => Promise<string>) | undefined;
}

/** How often is looked; the server's keep-alive probes go out as often. */
const LOOK_MS = 1_000;
/** Seldomer where the table is long: looking takes a twentieth of the time at most. */
const LOOKING_PART = 1 / 20;
const SELDOMEST_LOOK_MS = 2_000;
/** So many probes without an answer, one a second, and the peer is lost. */
const LOST_PROBES = 3;
/** So long was something sent again and again, and did not arrive. */
const LOST_MS = 2_000;

/** Why there is no table, now or later. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EACCES']);

async function readLinuxTables(): Promise<string> {
  const ipv4 = await readFile('/proc/net/tcp', 'latin1');
  return ipv4 + (await readFile('/proc/net/tcp6', 'latin1').catch(() => ''));
}

/** Tells from look to look who is lost. */
function createJudgement() {
  /** Since when something is on its way. */
  let waiting = new Map<string, number>();
  return (unanswered: ReadonlyMap<string, Unanswered>, now: number): Set<string> => {
    const before = waiting;
    waiting = new Map();
    const lost = new Set<string>();
    for (const [name, { probes, retransmits }] of unanswered) {
      const since = before.get(name) ?? now;
      if (retransmits > 0) waiting.set(name, since);
      if (probes >= LOST_PROBES || now - since >= LOST_MS) lost.add(name);
    }
    return lost;
  };
}

const asksForEvents = ({ headers: { accept = '' } }: IncomingMessage) =>
  accept.includes('text/event-stream');

/**
 * Cuts event streams, of those requests that it is told of, whose readers have not answered for 3 to 5 s. Where the system has no table
 * of connections it does nothing, and the kernel's own patience counts. Looks while there are streams.
 */
export function cutLostPeers({
  clock,
  readTables = readLinuxTables,
}: LostPeersOptions): RequestListener {
  const streams = new Set<Socket>();
  const judge = createJudgement();
  let isLooking = false;

  const look = async () => {
    const beganAt = clock.now();
    const lost = judge(readPeerTable(await readTables()), beganAt);
    for (const socket of streams) if (lost.has(peerName(socket))) socket.destroy();
    const dearMs = (clock.now() - beganAt) / LOOKING_PART;
    plan(Math.min(SELDOMEST_LOOK_MS, Math.max(LOOK_MS, dearMs)));
  };
  const plan = (ms: number) => {
    isLooking = streams.size > 0;
    if (isLooking) clock.after(ms, () => void look().catch(lookLater));
  };
  // Without a table there is nothing to look at. For one more file there may be no room just now.
  const lookLater = (error: NodeJS.ErrnoException) => {
    if (!ABSENT.has(error.code)) plan(LOOK_MS);
  };
  return (request, response) => {
    const { socket } = request;
    if (!asksForEvents(request)) return;
    streams.add(socket);
    response.once('close', () => streams.delete(socket));
    if (!isLooking) plan(LOOK_MS);
  };
}
