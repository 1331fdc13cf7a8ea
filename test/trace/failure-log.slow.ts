import { describe, expect, it } from 'vitest';
import { findFailure } from '../../src/trace/failure-log.ts';
import { bytesOf, parse } from './parse.ts';
import { end, section, start } from './runner-log.ts';

const FAILED = 'ERROR: Job failed: exit code 1\n';
const explain = (log: string | Uint8Array) => findFailure(parse(log), async () => {});

describe('Hostile logs', () => {
  it('with very many sections are read once', async () => {
    const nested = Array.from({ length: 100_000 }, (_, at) => start(`s${at}`)).join('');
    const closed = Array.from({ length: 50_000 }, (_, at) => section(`c${at}`, 'C', 'x')).join('');
    const facts = await explain(`${nested}x\n${closed}${end('s0')}${FAILED}`);
    expect(facts.exitCode).toBe(1);
  });

  it('with one very long line, and with invisible direction marks, are read', async () => {
    const long = Buffer.alloc(20 * 1024 * 1024, 'error_');
    const facts = await explain(Buffer.concat([long, bytesOf(`\n\u202eerror\u202c\n${FAILED}`)]));
    expect(facts.errors.map(({ text }) => text)).toContain('\u202eerror\u202c');
    expect(facts.exitCode).toBe(1);
  });
});
