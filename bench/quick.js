/* With `--quick`, each script runs and checks everything, but too briefly to measure. It writes no report. */
export const isQuick = process.argv.includes('--quick');

/** Returns `quick` with --quick, otherwise `value`. */
export const unlessQuick = (value, quick) => (isQuick ? quick : value);
