import { describe, expect, it } from 'vitest';
import { startSmallWorld, tokens } from './start-simulator.ts';

const archive = { file_type: 'archive', size: 200_000, filename: 'a.zip', file_format: 'zip' };
const tests = { success: 3, failed: 1, skipped: 0, error: 0, time: 2 };

describe('artifacts', () => {
  it('has an archive of the size that the job shows, and its files', async () => {
    const { world, pipeline, get, simulator } = await startSmallWorld();
    const files = { 'a/b.txt': 'text' };
    const { id } = world.addJob(pipeline, { artifacts: [archive], files });
    const path = `/projects/1/jobs/${id}/artifacts`;
    const token = { 'private-token': tokens.owner };
    const whole = await fetch(`${simulator.url}/api/v4${path}`, { headers: token });
    expect([whole.status, (await whole.arrayBuffer()).byteLength]).toEqual([200, 200_000]);
    expect(whole.headers.get('content-disposition')).toBe('attachment; filename="a.zip"');
    const file = await fetch(`${simulator.url}/api/v4${path}/a/b.txt`, { headers: token });
    expect([file.status, await file.text()]).toEqual([200, 'text']);
    const missing = await fetch(`${simulator.url}/api/v4${path}/a`, { headers: token });
    expect([missing.status, await missing.text()]).toEqual([404, '404 page not found\n']);
    expect((await get(path, 'stranger')).status).toBe(404);
  });

  it('answers 404 without an archive and after its expiry', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    const none = world.addJob(pipeline);
    const expired = world.addJob(pipeline, {
      artifacts: [archive],
      artifactsExpireAt: world.now - 1,
    });
    for (const { id } of [none, expired]) {
      const { status, json } = await get(`/projects/1/jobs/${id}/artifacts`, 'owner');
      expect([status, json]).toEqual([404, { message: '404 Not found' }]);
    }
  });
});

describe('the test report summary', () => {
  it('counts the current attempts by suite; zeros and no suites without reports', async () => {
    const { world, pipeline, get } = await startSmallWorld();
    const path = `/projects/1/pipelines/${pipeline.id}/test_report_summary`;
    const total = { time: 0, count: 0, success: 0, failed: 0, skipped: 0, error: 0 };
    expect((await get(path, 'owner')).json).toEqual({
      total: { ...total, suite_error: null },
      test_suites: [],
    });
    world.addJob(pipeline, { name: 'unit 1/2', tests, retried: true });
    const [first, second] = [1, 2].map((at) =>
      world.addJob(pipeline, { name: `unit ${at}/2`, tests }),
    );
    expect((await get(path, 'owner')).json).toMatchObject({
      total: { count: 8, failed: 2, time: 4 },
      test_suites: [{ name: 'unit', total_count: 8, build_ids: [first?.id, second?.id] }],
    });
  });
});
