/* `--quick`: everything is executed and checked, but too briefly to be a measurement. Nothing is written. */
export const isQuick = process.argv.includes('--quick');

/** Returns the value, or with --quick the other one. */
export const unlessQuick = (value, quick) => (isQuick ? quick : value);
