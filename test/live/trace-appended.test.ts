import { describe, expect, it } from 'vitest';
import { toGlobalId } from '../../src/graphql/global-id.ts';
import { at, startGateway } from '../helpers/start-gateway.ts';
import { smallWorld, tokens } from '../helpers/worlds.ts';
import { subscribe } from './subscribe.ts';

const TAIL = `subscription ($id: ID!, $afterByte: BigInt) {
  jobTraceAppended(id: $id, afterByte: $afterByte) { text startByte endByte complete }
}`;

/** A world with a job that runs, and prints what it is told to, until it is told otherwise. */
function runningWorld(log = '') {
  const world = smallWorld();
  world.addJob(700, { id: 2001, name: 'long', status: 'running', plan: { frozen: true } });
  world.setLog(2001, log);
  return world;
}
const id = toGlobalId('Job', 42, 2001);

describe.each(['19.3', '18.6'] as const)('jobTraceAppended on GitLab %s', (version) => {
  const start = (world: ReturnType<typeof runningWorld>) =>
    startGateway({ simulator: { world, version }, config: { pollIntervalMs: 100 } });

  it('sends what is there, then what is appended, and completes with the job', async () => {
    const world = runningWorld('one\n');
    const gateway = await start(world);
    const log = subscribe(gateway, TAIL, { token: tokens.alice, variables: { id } });
    const piece = async () => at((await log.next()) ?? {}, 'jobTraceAppended');
    expect(await piece()).toEqual({ text: 'one\n', startByte: 0, endByte: 4, complete: false });
    world.appendLog(2001, 'two\n');
    expect(await piece()).toEqual({ text: 'two\n', startByte: 4, endByte: 8, complete: false });
    world.appendLog(2001, Buffer.from('€').subarray(0, 2));
    world.appendLog(2001, Buffer.from('€!').subarray(2));
    expect(await piece()).toEqual({ text: '€!', startByte: 8, endByte: 12, complete: false });
    world.appendLog(2001, 'end');
    world.finishJob(2001, 'success');
    const rest = (await log.rest()).map((event) => at(event, 'jobTraceAppended'));
    expect(rest.at(-1)).toMatchObject({ endByte: 15, complete: true });
    expect(rest.map((event) => (event as { text: string }).text).join('')).toBe('end');
    expect(gateway.bugs).toEqual([]);
  });
});
