import { describe, expect, it } from 'vitest';
import { codesOf, startGateway } from '../helpers/start-gateway.ts';
import { small, smallWorld, tokens } from '../helpers/worlds.ts';

const start = () => startGateway({ simulator: { world: smallWorld() }, token: tokens.alice });
const log = 'first line\nsecond line\n';
const raw = 'trace { byteSize text(format: RAW) }';

describe('Job.trace', () => {
  it('alone makes one call, and none for the job', async () => {
    const { query, calls, bugs } = await start();
    const answer = await query(`{
      job(project: "group/app", id: 1001) { __typename a: ${raw} b: ${raw} }
    }`);
    const trace = { byteSize: log.length, text: log };
    expect(answer.data).toEqual({ job: { __typename: 'Job', a: trace, b: trace } });
    expect(calls()).toEqual(['GET /projects/group%2Fapp/jobs/1001/trace']);
    expect(bugs).toEqual([]);
  });

  it('is read in parallel with the job if more of the job is selected', async () => {
    const { query, calls } = await start();
    const answer = await query(`{ job(project: "42", id: 1001) { name ${raw} } }`);
    expect(answer.data).toMatchObject({ job: { name: 'unit tests 1/3', trace: { text: log } } });
    expect(calls().sort()).toEqual([
      'GET /projects/42/jobs/1001',
      'GET /projects/42/jobs/1001/trace',
    ]);
  });

  it('is not read if it is not selected or skipped', async () => {
    const { query, calls } = await start();
    await query(
      `query ($no: Boolean!) { job(project: "42", id: 1001) { name ${raw.replace('trace', 'trace @include(if: $no)')} } }`,
      { variables: { no: false } },
    );
    expect(calls()).toEqual(['GET /projects/42/jobs/1001']);
  });

  it('is empty without a log', async () => {
    const { query } = await start();
    const answer = await query(`{ job(project: "42", id: ${small.bareJob}) { ${raw} } }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ job: { trace: { byteSize: 0, text: '' } } });
  });

  it('is null without error if the job does not exist', async () => {
    const { query } = await start();
    const answer = await query(`{
      none: job(project: "42", id: 999) { ${raw} }
      bridge: job(project: "42", id: ${small.bridge}) { ${raw} }
      more: job(project: "42", id: 998) { name ${raw} }
    }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({ none: { trace: null }, bridge: { trace: null }, more: null });
  });

  it('in debug mode is FORBIDDEN without write access', async () => {
    const { query, simulator } = await start();
    const job = simulator.world.job(1001);
    if (job) job.debug = true;
    const ask = `{ job(project: "42", id: 1001) { name ${raw} } }`;
    const answer = await query(ask, { token: tokens.gus });
    expect(answer.data).toEqual({ job: { name: 'unit tests 1/3', trace: null } });
    expect(codesOf(answer)).toEqual({ 'job.trace': 'FORBIDDEN' });
    expect((await query(ask, { token: tokens.bob })).errors).toBeUndefined();
  });

  it('counts bytes, not letters', async () => {
    const { query, simulator } = await start();
    simulator.world.setLog(1001, 'Grüße 🎉\n');
    const answer = await query(`{ job(project: "42", id: 1001) { ${raw} } }`);
    expect(answer.data).toEqual({ job: { trace: { byteSize: 13, text: 'Grüße 🎉\n' } } });
  });

  it('may contain HTML', async () => {
    const { query, simulator } = await start();
    simulator.world.setLog(1001, '<!DOCTYPE html><html></html>\n');
    const answer = await query(`{ job(project: "42", id: 1001) { ${raw} } }`);
    expect(answer.data).toMatchObject({
      job: { trace: { text: '<!DOCTYPE html><html></html>\n' } },
    });
  });
});
