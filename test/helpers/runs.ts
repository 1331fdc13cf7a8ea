/**
 * By default, property tests (fast-check, fuzzing) make a tenth of their full number of runs,
 * always with one seed. CI makes the full number on Node 24. Two environment variables change that:
 *
 *     PROPERTY_RUNS=1 npm test                      the full number of runs
 *     PROPERTY_RUNS=50 PROPERTY_SEED=7 npx vitest run test/http/fuzz.test.ts
 */
const FACTOR = Number(process.env['PROPERTY_RUNS'] ?? 0.1);

/** The seed of all property tests. */
export const SEED = Number(process.env['PROPERTY_SEED'] ?? 20_261_123);

/** Returns how many runs a property test makes. `full` is its full number of runs. */
export function runs(full: number): number {
  return Math.max(1, Math.round(full * FACTOR));
}

/**
 * Returns every `step`-th case, beginning with the one at `shift`; all cases if property tests make
 * their full number of runs. Tests of all combinations of two lists give each item of one list
 * another shift, so that together they use all cases of the other.
 */
export function sample<T>(cases: readonly T[], { step, shift }: { step: number; shift: number }) {
  return FACTOR >= 1 ? [...cases] : cases.filter((_, index) => (index - shift) % step === 0);
}
