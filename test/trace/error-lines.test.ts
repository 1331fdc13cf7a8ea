import { describe, expect, it } from 'vitest';
import { isErrorLine } from '../../src/trace/error-lines.ts';

describe('A line that looks like an error', () => {
  it.each([
    'error',
    'ERROR: x',
    'AssertionError: x',
    'java.lang.IllegalStateException',
    'error[E0502]: x',
    '3 errors',
    '1 failed',
    '# fail 1',
    'BUILD FAILURE',
    'fatal: x',
    'panic: x',
    'Traceback (most recent call last):',
    'sh: x: not found',
    'No such file',
    'x is undefined',
    'Cannot read',
    'Permission denied',
    'not ok 2 x',
    '   ✖ x',
    '✗ x',
    '× x',
    '10 errors',
    'no failure, but one error',
    `${'a'.repeat(60_000)} error`,
  ])('%.40s', (line) => expect(isErrorLine(line)).toBe(true));
});

describe('A line that does not look like an error', () => {
  it.each([
    '',
    'ok 1 x',
    '0 errors',
    '0 failed',
    'No errors',
    'no failure',
    'Failures: 0, Errors: 0',
    '# fail 0',
    'errored',
    'failing',
    'errorless',
    'found not',
    'not, found',
    'x ✖ y',
    'not okay',
    'stderr',
  ])('%s', (line) => expect(isErrorLine(line)).toBe(false));
});
