import { describe, expect, it } from 'vitest';
import { isKeysetUnsupported } from '../../src/gitlab/errors.ts';
import {
  buildCursor,
  followsCursor,
  InvalidCursorIdError,
  isOurCursor,
} from '../../src/gitlab/lists/keyset-cursor.ts';
import type { KeysetRequest } from '../../src/gitlab/pagination.ts';
import { aJob, connect, sendJson, serve, startUpstream } from './upstream.ts';

const recordedCursor = 'eyJpZCI6IjE0OTc3MSIsIl9rZCI6Im4ifQ==';

describe('the cursor', () => {
  it('has the form of GitLab’s cursors', () => {
    expect(buildCursor({ direction: 'older', id: '149771' })).toBe(recordedCursor);
    expect(isOurCursor(recordedCursor, '149771')).toBe(true);
    expect(isOurCursor(recordedCursor, '149772')).toBe(false);
    const decode = (cursor: string) => Buffer.from(cursor, 'base64url').toString();
    expect(decode(buildCursor({ direction: 'newer', id: '5' }))).toBe('{"id":"5","_kd":"p"}');
    expect(decode(buildCursor({ direction: 'newer' }))).toBe('{"_kd":"p"}');
  });

  it.each(['', 'abc', '1.5', '1e3', '{"id":1}', ' 1'])('rejects the id %j', (id) => {
    expect(() => buildCursor({ direction: 'older', id })).toThrow(InvalidCursorIdError);
  });

  it.each<[(number | string)[], 'older' | 'newer', string | undefined, boolean]>([
    [[9, 8, 7], 'older', '10', true],
    [[9, 8, 7], 'older', undefined, true],
    [[9, 8, 7], 'older', '9', false],
    [[9, 8, 7], 'newer', '6', true],
    [[9, 8, 7], 'newer', '7', false],
    [[9, 8, 7], 'newer', '-1', true],
    [[7, 8], 'older', '10', false],
    [[8, 8], 'older', '10', false],
    [[], 'older', '10', true],
    [['12345678901234567891', '12345678901234567890'], 'older', '12345678901234567892', true],
    [['x'], 'older', '10', false],
    [[1.5], 'older', '10', false],
  ])('is followed by %j (%s than %s): %s', (ids, direction, id, follows) => {
    expect(followsCursor(ids, { direction, id })).toBe(follows);
  });
});

describe('offset pages', () => {
  const read = async (headers: Record<string, string>, page = 1, rows = 2) => {
    const jobs = Array.from({ length: rows }, (_, index) => aJob(9 - index));
    const { gitlab } = await serve((_, response) => sendJson(response, jobs, { headers }));
    return gitlab.listPipelineJobs(
      { project: '1', id: '2' },
      {},
      { kind: 'offset', page, perPage: 2 },
    );
  };

  it.each<[Record<string, string>, number, number, object]>([
    [{ 'x-next-page': '2', 'x-total': '5' }, 1, 2, { hasNext: true, hasPrevious: false, total: 5 }],
    [{ 'x-next-page': '', 'x-total': '5' }, 3, 1, { hasNext: false, hasPrevious: true, total: 5 }],
    [{ 'x-next-page': '2' }, 1, 2, { hasNext: true, total: undefined }],
    [{ 'x-next-page': '', 'x-total': 'many' }, 1, 2, { hasNext: false, total: undefined }],
    [
      { link: '<https://g/x?page=1>; rel="prev", <https://g/x?page=3>; rel="next"' },
      2,
      2,
      { hasNext: true },
    ],
    [{ link: '<https://g/x?page=1>; rel="first"' }, 2, 2, { hasNext: false }],
    [{ 'x-total': '5' }, 2, 2, { hasNext: true }],
    [{ 'x-total': '4' }, 2, 2, { hasNext: false }],
    // Without page headers, a full page may be the last one. Links other than pages say nothing
    // about that.
    [{}, 1, 2, { hasNext: undefined }],
    [{ link: '</style.css>; rel="preload"' }, 1, 2, { hasNext: undefined }],
    [{}, 1, 1, { hasNext: false }],
  ])('with %j on page %i of %i rows', async (headers, page, rows, expected) => {
    expect(await read(headers, page, rows)).toMatchObject(expected);
  });

  it.each([
    [{ 'x-next-page': '2' }, 1],
    [{ link: '<https://g/x?page=3>; rel="next"' }, 2],
  ])('are rejected if they have no rows but name a next page: %j', async (headers, page) => {
    await expect(read(headers, page, 0)).rejects.toMatchObject({ code: 'GITLAB_RESPONSE' });
  });
});

describe('keyset pages', () => {
  const older: KeysetRequest = { kind: 'keyset', perPage: 2, direction: 'older' };
  const next = (id: string) => buildCursor({ direction: 'older', id });
  const linkTo = (cursor: string) =>
    `<https://gitlab.example/api/v4/projects/1/jobs?cursor=${encodeURIComponent(cursor)}&id=1&pagination=keyset>; rel="next"`;
  const start = async (headers: Record<string, string>, ids = [9, 8]) => {
    const { upstream, gitlab, transport } = await serve((_, response) =>
      sendJson(
        response,
        ids.map((id) => aJob(id)),
        { headers },
      ),
    );
    const list = (request: Partial<KeysetRequest> = {}) =>
      gitlab.listProjectJobs('1', {}, { ...older, ...request });
    return { list, server: transport.server, log: upstream.log };
  };

  it('request a cursor next to the row, and none for the newest page', async () => {
    const { list, log } = await start({}, []);
    await list();
    await list({ id: '149771' });
    await list({ direction: 'newer' });
    const cursors = log.map((line) =>
      new URL(line.slice(4), 'http://x').searchParams.get('cursor'),
    );
    expect(cursors).toEqual([null, recordedCursor, buildCursor({ direction: 'newer' })]);
  });

  it('detect a server without cursor headers and read Link instead', async () => {
    const { list, server } = await start({ link: linkTo(next('8')) });
    expect(await list()).toMatchObject({ hasNext: true, hasPrevious: false, total: undefined });
    expect(await list({ id: '10' })).toMatchObject({ hasNext: true, hasPrevious: undefined });
    expect(server).toMatchObject({ keyset: true, cursorHeaders: false, builtCursors: true });
  });

  it('detect a server with cursor headers for both directions', async () => {
    const previous = buildCursor({ direction: 'newer', id: '9' });
    const { list, server } = await start({ 'x-next-cursor': next('8'), 'x-prev-cursor': previous });
    expect(await list({ id: '10' })).toMatchObject({ hasNext: true, hasPrevious: true });
    expect(server).toMatchObject({ cursorHeaders: true, builtCursors: true });
  });

  it('are not known to be the last if they are full and no header names the next one', async () => {
    const { list } = await start({});
    expect(await list()).toMatchObject({ hasNext: undefined, hasPrevious: false });
    expect(await list({ id: '10' })).toMatchObject({ hasNext: undefined, hasPrevious: undefined });
    expect(await list({ direction: 'newer', id: '7' })).toMatchObject({ hasPrevious: undefined });
    expect(await list({ direction: 'newer' })).toMatchObject({ hasNext: false });
    expect(await list({ perPage: 3 })).toMatchObject({ hasNext: false });
  });

  it('are rejected if they have no rows but name a next page in the direction of reading', async () => {
    const rejected = { code: 'GITLAB_RESPONSE' };
    const older = await start({ link: linkTo(next('8')) }, []);
    await expect(older.list({ id: '5' })).rejects.toMatchObject(rejected);
    expect(await older.list({ direction: 'newer', id: '5' })).toMatchObject({ items: [] });
    const newer = await start(
      { 'x-prev-cursor': buildCursor({ direction: 'newer', id: '9' }) },
      [],
    );
    await expect(newer.list({ direction: 'newer', id: '5' })).rejects.toMatchObject(rejected);
    expect(await newer.list({ id: '5' })).toMatchObject({ items: [], hasNext: false });
  });

  it('detect cursors of another form, permanently', async () => {
    const { list, server } = await start({ link: linkTo('v2:opaque') });
    expect(await list()).toMatchObject({ hasNext: true });
    expect(server.builtCursors).toBe(false);
    const same = await start({ link: linkTo(next('8')) });
    same.server.builtCursors = false;
    await same.list();
    expect(same.server.builtCursors).toBe(false);
  });

  it('are rejected if they do not start where the cursor pointed', async () => {
    const { list, server } = await start({ link: linkTo(next('8')) });
    const error = await list({ id: '5' }).catch((e: unknown) => e);
    expect(isKeysetUnsupported(error)).toBe(true);
    expect(server.builtCursors).toBe(false);
  });

  it('reject an invalid id without a call or a change of capabilities', async () => {
    const { list, server, log } = await start({});
    await expect(list({ id: 'x' })).rejects.toBeInstanceOf(InvalidCursorIdError);
    expect([log, server.builtCursors]).toEqual([[], undefined]);
  });

  it('are not available before GitLab 15.9', async () => {
    const error = 'Keyset pagination is not yet available for this type of request';
    const upstream = await startUpstream((_, response) =>
      sendJson(response, { error }, { status: 405 }),
    );
    const call = connect(upstream.url).gitlab.listProjectJobs('1', {}, older);
    expect(isKeysetUnsupported(await call.catch((e: unknown) => e))).toBe(true);
  });
});
