import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { small } from '../helpers/worlds.ts';
import { askBoth, expectSameMetrics, startBothWays } from './direct-both-ways.ts';

/* Documents that were agreed on before, and requests of several: the same by both ways. */

const TRUSTED = `query Job($id: ID!) { job(project: "42", id: $id) { name } }`;
const hash = createHash('sha256').update(TRUSTED).digest('hex');
const variables = { id: small.fullJob };

function manifest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'documents.json');
  writeFileSync(file, JSON.stringify({ [hash]: TRUSTED }));
  return file;
}

const asked: Record<string, unknown> = {
  'a trusted document by its text': { query: TRUSTED, variables },
  'the same in other words': { query: `${TRUSTED} `, variables },
  'another document': { query: '{ __typename }' },
  'its hash': { documentId: hash, variables },
  'the hash of none': { documentId: 'sha256:none', variables },
  'Apollo’s way': { extensions: { persistedQuery: { version: 1, sha256Hash: hash } }, variables },
  'its hash and another document': { documentId: hash, query: '{ __typename }' },
  'both in a batch': [{ documentId: hash, variables }, { query: '{ __typename }' }],
};

describe.each([true, false])('where only trusted documents are served: %s', (only) => {
  it.each(Object.entries(asked))('%s', async (_name, body) => {
    const file = manifest();
    const both = await startBothWays(() => ({
      env: { MAX_BATCH: '3' },
      config: { trustedDocuments: { file, only } },
    }));
    // The second time, and whatever else was served before, changes nothing.
    await askBoth(both, { body });
    await askBoth(both, { body: { query: TRUSTED, variables } });
    const { body: text } = await askBoth(both, { body });
    if (only && JSON.stringify(body).includes('__typename')) expect(text).toContain('SAFELIST');
    await expectSameMetrics(both);
  });
});

it('a batch shares its limit of calls, and is logged for each operation', async () => {
  const both = await startBothWays(() => ({ env: { MAX_BATCH: '3', MAX_UPSTREAM_CALLS: '2' } }));
  const one = { query: TRUSTED, variables };
  expect((await askBoth(both, { body: [one] })).log).toHaveLength(1);
  expect((await askBoth(both, { body: one })).log).toHaveLength(1);
  const { body } = await askBoth(both, { body: [one, one, one] });
  expect(body).toContain('OPERATION_TOO_COMPLEX');
});
