import type { Followed } from './poll.ts';

/**
 * Combines several polls into one.
 * - The state of the combined poll is the list of the polls' states. The list remains the same
 *   array object until one of the states changes.
 * - The combined poll ends when one of the polls ends, with the error of that poll if there is one.
 * - If `failureAtStart` returns an error for the first list of states, the combined poll ends with
 *   that error.
 */
export function combinePolls<State>(
  polls: readonly Followed<State>[],
  failureAtStart: (states: readonly State[]) => unknown,
): Followed<readonly State[]> {
  let known: readonly State[] = [];
  /** Undefined until all polls have a state. */
  const statesOf = (): readonly State[] | undefined => {
    const states = polls.flatMap(({ state }) => (state === undefined ? [] : [state]));
    if (states.length < polls.length) return undefined;
    if (states.some((state, at) => state !== known[at])) known = states;
    return known;
  };
  let hasStarted = false;
  const failureOf = (states: readonly State[]): unknown => {
    const error = hasStarted ? undefined : failureAtStart(states);
    hasStarted = error === undefined;
    return error;
  };
  const readable = () => {
    const states = statesOf();
    return states && failureOf(states) === undefined ? states : undefined;
  };
  return {
    get state() {
      return readable();
    },
    get version() {
      return readable() ? polls.reduce((sum, { version }) => sum + version, 0) : 0;
    },
    get ending() {
      const states = statesOf();
      const error = states && failureOf(states);
      if (error !== undefined) return { error };
      const endings = polls.flatMap(({ ending }) => ending ?? []);
      return endings.find((ending) => ending.error !== undefined) ?? endings[0];
    },
    join(onChange, demand) {
      const leave = polls.map((poll) => poll.join(onChange, demand));
      return () => {
        for (const leaveOne of leave) leaveOne();
      };
    },
  };
}
