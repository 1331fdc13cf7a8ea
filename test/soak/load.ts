import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import type { Fault } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { createCallers, pick } from './callers.ts';
import { fillMemories } from './fill.ts';

/** What was done, by kind. */
export type Tally = Record<string, number>;

/** Longer than the gateway lets anything take. */
const PATIENCE_MS = 90_000;
/** Seldom enough that most operations go well: a 429 closes a caller's calls for a second. */
const FAULT_EVERY_MS = 500;
/** One fault in so many is an outage: one in each minute that is run, halfway through them. */
const FAULTS_PER_OUTAGE = 80;
/** Long enough for the circuit to open. It closes soon after. */
const OUTAGE_MS = 3_000;

const faults: readonly Fault[] = [
  { kind: '429', retryAfter: 1 },
  { kind: '429-json', retryAfter: 1 },
  { kind: 'maintenance', retryAfter: 1 },
  { kind: 'slow', delayMs: 800 },
  ...(['500', '502', '503', '504', 'html', 'reset', 'hang', 'truncated', 'redirect'] as const).map(
    (kind) => ({ kind }),
  ),
];

/** Callers of every kind, and a GitLab in trouble now and then, for as long as is asked. */
export function createLoad(url: string, simulator: Simulator) {
  const tally: Tally = {};
  const agent = new Agent({ connections: 24 });
  const count = (name: string) => {
    tally[name] = (tally[name] ?? 0) + 1;
  };
  const callers = createCallers(url, agent);
  const bag = callers.flatMap((caller) => Array.from({ length: caller[1] }, () => caller));

  const call = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const [name, , act] = pick(bag);
      count(name);
      const over = await Promise.race([
        act().then(
          () => 'whole',
          () => 'cut off or left',
        ),
        sleep(PATIENCE_MS, `never ended: ${name}`, { ref: false }),
      ]);
      count(over);
      await sleep(Math.random() * 60);
    }
  };
  const trouble = async (signal: AbortSignal) => {
    for (let at = 1; !signal.aborted; at++) {
      const isOutage = at % FAULTS_PER_OUTAGE === FAULTS_PER_OUTAGE / 2;
      count(isOutage ? 'outages of GitLab' : 'faults of GitLab');
      // Those that nobody met would wait for the few calls that an open circuit lets through.
      simulator.clearFaults();
      if (isOutage) simulator.fail({ kind: '502', times: Number.POSITIVE_INFINITY });
      else simulator.fail({ ...pick(faults), times: 1 + Math.floor(Math.random() * 3) });
      await sleep(isOutage ? OUTAGE_MS : FAULT_EVERY_MS);
      // The simulator is this process's: what it remembers is not looked at.
      simulator.requests.length = 0;
    }
    simulator.clearFaults();
  };

  return {
    tally,
    /** Before the first look: see `fillMemories`. */
    fill: () => fillMemories(url, agent),
    /** Goes on for so long. */
    async run(ms: number, callersAtOnce: number): Promise<void> {
      const signal = AbortSignal.timeout(ms);
      const calling = Array.from({ length: callersAtOnce }, () => call(signal));
      await Promise.all([trouble(signal), ...calling]);
    },
    close: () => agent.destroy(),
  };
}
