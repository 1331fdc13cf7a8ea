import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endpoint, InvalidSegmentError, toQuery } from '../../src/gitlab/endpoint.ts';
import { runs } from '../helpers/runs.ts';
import { codePoint } from '../helpers/strings.ts';
import { connect, sendJson, serve } from './upstream.ts';

/** Generates any text, including attempts to leave the path segment, such as `../`. */
const anyId = fc.oneof(
  fc.string(),
  fc.string({ unit: codePoint }),
  fc.stringMatching(/^[./%\\?#a-z0-9]{0,12}$/),
  fc.constantFrom(
    '..',
    '.',
    '',
    '../..',
    '%2e%2e',
    '..%2f',
    'a/../b',
    '7/erase',
    '7?x=1',
    '7#',
    '7;',
    '\ud800',
    'a\r\nX: y',
    'a b',
    '\u0000',
  ),
);

function build(project: string, id: string) {
  try {
    return endpoint`/projects/${project}/jobs/${id}/trace`;
  } catch (error) {
    return error;
  }
}

describe('endpoint', () => {
  it('keeps any id within its segment or rejects it', () => {
    fc.assert(
      fc.property(anyId, anyId, (project, id) => {
        const built = build(project, id);
        if (built instanceof Error) {
          expect(built).toBeInstanceOf(InvalidSegmentError);
          return;
        }
        const { path } = built as ReturnType<typeof endpoint>;
        expect(path).toMatch(/^[\w/%.~!*'()-]+$/);
        expect(path.split('/').map(decodeURIComponent)).toEqual([
          '',
          'projects',
          project,
          'jobs',
          id,
          'trace',
        ]);
        // A URL parser must not change the path. After a proxy has decoded slashes, the path must
        // still be below /projects/.
        expect(new URL(path, 'http://gitlab').pathname).toBe(path);
        expect(
          new URL(path.replaceAll('%2F', '/'), 'http://gitlab').pathname.startsWith('/projects/'),
        ).toBe(true);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('reaches only the intended path over the wire', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url);
      sendJson(response, { message: '404 Not found' }, { status: 404 });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve) && undefined);
    onTestFinished(() => void server.close());
    const { gitlab } = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await fc.assert(
      fc.asyncProperty(anyId, anyId, async (project, id) => {
        seen.length = 0;
        const error = await gitlab.getJob({ project, id }).catch((e: unknown) => e);
        if (error instanceof InvalidSegmentError) {
          expect(seen).toEqual([]);
          return;
        }
        expect(error).toMatchObject({ status: 404 });
        expect(seen[0]?.split('/').map(decodeURIComponent)).toEqual([
          '',
          'api',
          'v4',
          'projects',
          project,
          'jobs',
          id,
        ]);
      }),
      { numRuns: runs(200) },
    );
  });

  it.each(['', '.', '..', 'a/..', '../a', 'a//b', '/a', 'a/', 'a\\..\\b', '\ud800'])(
    'refuses %j, which no proxy may be given',
    async (id) => {
      expect(() => endpoint`/projects/${id}`).toThrow(InvalidSegmentError);
      const { upstream, gitlab } = await serve((_, response) => void response.end());
      await expect(gitlab.getProject(id)).rejects.toThrow(InvalidSegmentError);
      expect(upstream.log).toEqual([]);
    },
  );

  it('has a template without ids', () => {
    expect(endpoint`/projects/${'a/b'}/jobs/${'7'}`.template).toBe('/projects/:id/jobs/:id');
  });
});

describe('toQuery', () => {
  it('repeats lists, omits undefined values, and encodes everything', () => {
    expect(toQuery({ 'scope[]': ['a', 'b&c'], ref: undefined, page: 1, all: true, q: 'ü=/' })).toBe(
      '?scope%5B%5D=a&scope%5B%5D=b%26c&page=1&all=true&q=%C3%BC%3D%2F',
    );
    expect(toQuery({ ref: undefined, 'scope[]': [] })).toBe('');
  });
});
