import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dump, parse, parseInChunks, plainText } from './parse.ts';

/**
 * Real logs, which are not part of the repository. Their carriage returns were converted to line
 * feeds.
 */
const recorded = new URL('../../../shared/recorded/', import.meta.url);
const log = (name: string) => new Uint8Array(readFileSync(new URL(name, recorded)));

describe.skipIf(!existsSync(new URL('job-log-13.12.txt', recorded)))('recorded logs', () => {
  it('of Runner 13.12 have ten sections with headers and durations', () => {
    const { sections } = parse(log('job-log-13.12.txt'));
    expect(sections).toHaveLength(10);
    expect(sections[0]).toMatchObject({ name: 'resolve_secrets', header: 'Resolving secrets' });
    expect(sections.find(({ name }) => name === 'step_script')).toMatchObject({
      header: 'Executing "step_script" stage of the job script',
      duration: 172,
    });
    expect(sections.every(({ finishedAt }) => finishedAt !== null)).toBe(true);
  });

  it('of Runner 11.4 have sections without lines', () => {
    const { sections } = parse(log('job-log-11.4.txt'));
    expect(sections.map(({ name }) => name)).toContain('get_sources');
    expect(sections.find(({ name }) => name === 'restore_cache')).toMatchObject({
      header: null,
      lastLine: null,
      duration: 2,
    });
  });

  it.each(['job-log-13.12.txt', 'job-log-11.4.txt'])(
    '%s has no escapes or marks in its text',
    (name) => {
      const plain = plainText(parse(log(name)).lines);
      expect(plain).not.toMatch(/section_(start|end):\d/);
      expect(plain.replaceAll(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u);
    },
  );

  it.each(['job-log-13.12.txt', 'job-log-11.4.txt'])('%s has the same result in chunks', (name) => {
    const bytes = log(name);
    const cuts = Array.from({ length: 200 }, (_, index) => (index * 7919) % bytes.length);
    expect(dump(parseInChunks(bytes, cuts))).toEqual(dump(parse(bytes)));
  });
});
