import { type FormEvent, useState } from 'react';
import { type Client, useClient } from 'urql';
import { type Address, printAddress } from '../address.ts';
import { ResourceDocument, type ResourceQuery } from '../generated/graphql.ts';
import { typed } from '../operations.ts';
import { type PastedAddress, parsePastedAddress } from '../pasted-address.ts';
import { Failure } from './failure.tsx';

const resource = typed(ResourceDocument);

/**
 * Returns the job or pipeline that the query found; undefined if there is none. The generated type
 * includes other objects, because `resource` returns a Node.
 */
function foundIn(data: ResourceQuery | undefined) {
  const found = data?.resource;
  return found && 'databaseId' in found ? (found as Found) : undefined;
}

interface Found {
  databaseId: string;
  project: { fullPath: string };
}

function screenOf(found: Found, url: string, line: number | undefined): Address {
  const { databaseId: id, project } = found;
  return url.includes('/-/jobs/')
    ? { screen: 'log', project: project.fullPath, id, line }
    : { screen: 'board', project: project.fullPath, id };
}

/** Returns the `#` part of the screen's URL for a pasted address, or why there is no screen. */
async function resolve(client: Client, pasted: PastedAddress) {
  if (pasted.kind === 'screen') return { hash: pasted.hash };
  if (pasted.kind === 'unknown') return { problem: UNKNOWN };
  const { data, error } = await client.query(resource, { url: pasted.url });
  if (error) return { error };
  const found = foundIn(data);
  if (!found) return { problem: NOT_FOUND };
  return { hash: printAddress(screenOf(found, pasted.url, pasted.line)) };
}

const UNKNOWN = 'The board shows projects, pipelines and jobs: paste the address of one of these.';
const NOT_FOUND = 'GitLab has no such job or pipeline, or your token may not see it.';

/** Asks for an address that was copied from GitLab, and opens its screen. */
export function AddressBox() {
  const client = useClient();
  const [{ problem, error }, setResult] = useState<Partial<Awaited<ReturnType<typeof resolve>>>>(
    {},
  );
  const open = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get('address')).trim();
    void resolve(client, parsePastedAddress(text)).then((result) => {
      setResult(result);
      if (!result.hash) return;
      location.hash = result.hash;
      form.reset();
    });
  };
  return (
    <form className="address" onSubmit={open} onInput={() => setResult({})}>
      <input
        name="address"
        aria-label="Address in GitLab"
        placeholder="Paste an address of GitLab"
        autoComplete="off"
        spellCheck={false}
      />
      {error && <Failure error={error} />}
      {problem && (
        <p role="alert" className="failure">
          {problem}
        </p>
      )}
    </form>
  );
}
