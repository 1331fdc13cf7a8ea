/** Helpers that write the parts of a log as a runner does (upstream.md §7). */

const ESC = '\u001b';
const CLEAR = `${ESC}[0K`;

export const green = (text: string) => `${ESC}[32;1m${text}${ESC}[0;m`;
export const red = (text: string) => `${ESC}[31;1m${text}${ESC}[0;m`;
export const start = (name: string) => `section_start:1764410400:${name}\r${CLEAR}`;
export const end = (name: string) => `section_end:1764410405:${name}\r${CLEAR}`;

/** Returns a section with a header and lines. A line feed follows each, but not the end mark. */
export const section = (name: string, header: string, ...lines: string[]) =>
  [`${start(name)}${ESC}[36;1m${header}${ESC}[0;m`, ...lines, end(name)].join('\n');

/** The log of a job whose tests failed: 13 visible lines. */
export const failedTests = [
  'Running with gitlab-runner 18.6.0 (abcdef12)\n',
  section('prepare_executor', 'Preparing the "docker" executor'),
  section(
    'step_script',
    'Executing "step_script" stage of the job script',
    green('$ npm test'),
    'ok 1 adds',
    'not ok 2 subtracts',
    'Error: expected 1, got 2',
    '    at sub.test.js:4',
    '# fail 1',
  ),
  section('after_script', 'Running after_script', green('$ rm -rf tmp')),
  section('cleanup_file_variables', 'Cleaning up file based variables'),
  red('ERROR: Job failed: exit code 1'),
  '\n',
].join('');
