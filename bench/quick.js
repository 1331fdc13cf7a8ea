/*
 * With `--quick`, a script only shows that it works: it runs too briefly to measure, with fewer sizes, rounds
 * and checked responses, and writes no report.
 */
export const isQuick = process.argv.includes('--quick');

/** Returns `quick` with --quick, otherwise `value`. */
export const unlessQuick = (value, quick) => (isQuick ? quick : value);
