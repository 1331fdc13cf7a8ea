import { expect, it } from 'vitest';
import { sendJson } from '../gitlab/upstream.ts';
import { at } from '../helpers/start-gateway.ts';
import { failedTests } from '../trace/runner-log.ts';
import { fullRow, startBehind } from './own-upstream.ts';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const noise = Buffer.from(`${'progress '.repeat(113)}done\n\n`.padEnd(KIBIBYTE, '.'));
const ending = Buffer.from(`\n${failedTests}`);
const SIZE = 100 * MEBIBYTE + ending.length;

/**
 * Starts a gateway, and a GitLab with one failed job and a log of 100 MiB, which it streams without
 * keeping it in memory. Without `hasOffset`, GitLab ignores the parameter `byte_offset`.
 */
async function start({ hasOffset }: { hasOffset: boolean }) {
  let sent = 0;
  const started = await startBehind(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://gitlab');
    if (!url.pathname.endsWith('/trace')) {
      const artifacts = [{ file_type: 'trace', size: SIZE, filename: 'job.log' }];
      sendJson(response, { ...fullRow(7), status: 'failed', artifacts });
      return;
    }
    const offset = hasOffset ? Number(url.searchParams.get('byte_offset') ?? 0) : 0;
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (let left = SIZE - offset - ending.length; left > 0; left -= noise.length) {
      const chunk = noise.subarray(0, left);
      sent += chunk.length;
      if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
    }
    sent += ending.length;
    response.end(ending);
  });
  return { ...started, sent: () => sent };
}

it.each([
  { hasOffset: true, bytes: 256 * KIBIBYTE },
  { hasOffset: false, bytes: SIZE },
])(
  'the end of a log of 100 MiB is one call (byte_offset: $hasOffset)',
  async ({ hasOffset, bytes }) => {
    const { query, calls, sent } = await start({ hasOffset });
    const answer = await query(`{ job(project: "42", id: "7") { failure { log {
    exitCode section command bytesRead whole tail { number }
  } } } }`);
    expect(at(answer, 'job.failure.log')).toMatchObject({
      exitCode: 1,
      section: 'step_script',
      command: '$ npm test',
      bytesRead: 256 * KIBIBYTE,
      whole: false,
      tail: Array.from({ length: 7 }, () => ({ number: null })),
    });
    expect(calls()).toEqual([
      'GET /projects/42/jobs/7',
      `GET /projects/42/jobs/7/trace?byte_offset=${SIZE - 256 * KIBIBYTE}`,
    ]);
    expect(sent()).toBe(bytes);
  },
);
