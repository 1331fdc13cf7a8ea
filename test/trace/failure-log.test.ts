import { describe, expect, it } from 'vitest';
import { failureExamples } from '../../src/simulator/demo-failure-logs.ts';
import { type FailureFacts, findFailure } from '../../src/trace/failure-log.ts';
import { parse } from './parse.ts';
import { failedTests, green, red, section, start } from './runner-log.ts';

const pause = async () => {};
const explain = (log: string | Uint8Array) => findFailure(parse(log), pause);
const texts = (lines: FailureFacts['tail']) => lines.map(({ text }) => text);

const FAILED = `${red('ERROR: Job failed: exit code 1')}\n`;
const script = (...lines: string[]) => section('step_script', 'Executing the script', ...lines);

describe('What a log says about a failure', () => {
  it.each(failureExamples.map((example) => [example.name, example] as const))(
    'of the kind %s',
    async (_name, { log, says }) => {
      const facts = await explain(log(Date.UTC(2026, 10, 29, 10)));
      const { section: name, command, exitCode, errors } = facts;
      expect({ section: name, command, exitCode, errors: texts(errors) }).toEqual(says);
    },
  );

  it('is taken from the script that failed, not from what tidies up', async () => {
    const facts = await explain(failedTests);
    expect(facts).toMatchObject({
      exitCode: 1,
      runnerMessage: 'exit code 1',
      section: 'step_script',
    });
    expect(facts.tail.map(({ number }) => number)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('The section that failed', () => {
  const sectionOf = async (log: string) => (await explain(log)).section;

  it('is the one that ended last', async () => {
    const log = section('a', 'A', 'one') + section('b', 'B', 'two') + FAILED;
    expect(await sectionOf(log)).toBe('b');
  });

  it('does not only tidy up, and has a line beyond its header', async () => {
    const others = ['after_script', 'archive_cache', 'archive_cache_on_failure'];
    const tidy = [...others, 'upload_artifacts_on_failure', 'cleanup_file_variables'];
    const log = script('x') + section('step_release', 'Release');
    expect(
      await sectionOf(log + tidy.map((name) => section(name, name, 'y')).join('') + FAILED),
    ).toBe('step_script');
  });

  it('is an outer one if the sections in it were closed', async () => {
    expect(await sectionOf(script('x', section('install', 'Install', 'y')) + FAILED)).toBe(
      'step_script',
    );
  });

  it('is the inner one in which the script ended, without the lines after it', async () => {
    const inner = `${start('tests')}Tests\n${start('unit')}Unit\nfailed here`;
    const log = script('x', inner) + section('after_script', 'After', 'tidy') + FAILED;
    const facts = await explain(log);
    expect(facts.section).toBe('unit');
    expect(texts(facts.tail)).toEqual(['Unit', 'failed here']);
  });

  it('is one that is still open at the runner’s last line', async () => {
    const facts = await explain(`${section('a', 'A', 'one')}${start('b')}B\ntwo\n${FAILED}after\n`);
    expect(facts.section).toBe('b');
    expect(texts(facts.tail)).toEqual(['B', 'two']);
  });

  it('is null without sections; then the lines before the runner’s last line count', async () => {
    const facts = await explain(`${green('$ make')}\nno rule: fatal\n\n${FAILED}after\n`);
    expect(facts).toMatchObject({ section: null, command: '$ make', exitCode: 1 });
    expect(texts(facts.tail)).toEqual(['$ make', 'no rule: fatal']);
  });

  it('is found without the runner’s last line, too', async () => {
    const facts = await explain(script('x', 'y'));
    expect(facts).toMatchObject({ section: 'step_script', runnerMessage: null, exitCode: null });
    expect(texts(facts.tail)).toEqual(['Executing the script', 'x', 'y']);
  });
});

describe('The command', () => {
  it('is the last line with a prompt in the green of the runner', async () => {
    const log = script(green('$ first'), '$ not green', green('no prompt'), red('$ red')) + FAILED;
    expect((await explain(log)).command).toBe('$ first');
  });
});

describe('The runner’s last line', () => {
  it.each([
    [': exit code 1', 'exit code 1', 1],
    [': exit status 3', 'exit status 3', 3],
    [': exit status 0x1f', 'exit status 0x1f', 31],
    [': exit code 2147483647', 'exit code 2147483647', 2_147_483_647],
    [': exit code 2147483648', 'exit code 2147483648', null],
    [': exit status 0xc0000005', 'exit status 0xc0000005', null],
    [': exit code -1', 'exit code -1', -1],
    [' (exit code: 137)', '(exit code: 137)', 137],
    [' (system failure): no space', '(system failure): no space', null],
    [': command terminated with exit code 137', 'command terminated with exit code 137', 137],
    ['', null, null],
  ])('ERROR: Job failed%s', async (rest, runnerMessage, exitCode) => {
    expect(await explain(`x\nERROR: Job failed${rest}\n`)).toMatchObject({
      runnerMessage,
      exitCode,
    });
  });

  it('is the last of several', async () => {
    const log = `ERROR: Job failed: exit code 1\nmore\nERROR: Job failed: exit code 2\n`;
    expect((await explain(log)).exitCode).toBe(2);
  });
});
