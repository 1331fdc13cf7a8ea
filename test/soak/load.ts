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
/** Long enough for the circuit to close again before the next. */
const OUTAGE_EVERY_MS = 40_000;

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
    let outageAt = Date.now() + OUTAGE_EVERY_MS / 2;
    while (!signal.aborted) {
      const isOutage = Date.now() >= outageAt;
      if (isOutage) outageAt += OUTAGE_EVERY_MS;
      count(isOutage ? 'outages of GitLab' : 'faults of GitLab');
      const times = isOutage ? 120 : 1 + Math.floor(Math.random() * 3);
      simulator.fail({ ...(isOutage ? { kind: '502' } : pick(faults)), times });
      await sleep(250);
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
