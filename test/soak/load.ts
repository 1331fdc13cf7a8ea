import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import type { Fault } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { createCallers, pick } from './callers.ts';
import { fillMemories } from './fill.ts';

/** Number of actions and of their outcomes, by name. */
export type Tally = Record<string, number>;

/**
 * Time after which an action counts as never ended. It is longer than the longest timeout of the
 * gateway.
 */
const PATIENCE_MS = 90_000;
/**
 * Pause between faults. It is long enough that most operations succeed: after a 429, the gateway
 * sends no calls of that caller for a second.
 */
const FAULT_EVERY_MS = 500;
/**
 * Number of faults from one outage to the next. The 40th of 80 faults is an outage. Faults are
 * counted anew in each minute of load, so each minute has one outage, after about 20 s.
 */
const FAULTS_PER_OUTAGE = 80;
/**
 * Duration of an outage. It is long enough for the circuit breaker to open, which closes again soon
 * afterwards.
 */
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

/** Creates a load: callers of every kind, and a GitLab that fails now and then. */
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
      // Removes faults that no call has met. After an outage, they would hit the few calls that an
      // open circuit breaker allows.
      simulator.clearFaults();
      if (isOutage) simulator.fail({ kind: '502', times: Number.POSITIVE_INFINITY });
      else simulator.fail({ ...pick(faults), times: 1 + Math.floor(Math.random() * 3) });
      await sleep(isOutage ? OUTAGE_MS : FAULT_EVERY_MS);
      // The simulator runs in this process, whose memory is not measured; its list of requests
      // would only grow.
      simulator.requests.length = 0;
    }
    simulator.clearFaults();
  };

  return {
    tally,
    /** Fills the caches before the first measurement (see `fillMemories`). */
    fill: () => fillMemories(url, agent),
    /** Runs `callersAtOnce` callers at a time for `ms`. */
    async run(ms: number, callersAtOnce: number): Promise<void> {
      const signal = AbortSignal.timeout(ms);
      const calling = Array.from({ length: callersAtOnce }, () => call(signal));
      await Promise.all([trouble(signal), ...calling]);
    },
    close: () => agent.destroy(),
  };
}
