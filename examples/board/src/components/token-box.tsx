import type { FormEvent } from 'react';
import { readToken, storeToken } from '../token.ts';

/** Asks for the caller's GitLab token. It stays in this tab and is sent as a header. */
export function TokenBox({ onChange }: { onChange(): void }) {
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    storeToken(String(new FormData(event.currentTarget).get('token')).trim());
    onChange();
  };
  return (
    <details className="token">
      <summary>Token</summary>
      <form onSubmit={save}>
        <label>
          GitLab token
          <input name="token" type="password" autoComplete="off" defaultValue={readToken()} />
        </label>
        <button type="submit">Use</button>
      </form>
    </details>
  );
}
