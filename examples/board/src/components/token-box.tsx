import type { FormEvent } from 'react';
import { readToken, storeToken, tokenBox } from '../token.ts';

/**
 * Asks for the caller's GitLab token. The token is stored for this tab only and sent as a header.
 * The page never shows it again.
 */
export function TokenBox({ onChange }: { onChange(): void }) {
  const isOpen = tokenBox.use();
  const use = (token: string) => {
    storeToken(token);
    tokenBox.set(false);
    onChange();
  };
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    use(String(new FormData(event.currentTarget).get('token')).trim());
  };
  return (
    <details
      className="token"
      open={isOpen}
      onToggle={({ currentTarget }) => tokenBox.set(currentTarget.open)}
    >
      <summary>Token</summary>
      <form onSubmit={save}>
        <label htmlFor="token">GitLab token</label>
        <input
          key={String(isOpen)}
          id="token"
          name="token"
          type="password"
          autoComplete="off"
          placeholder={readToken() ? 'Another token' : ''}
          required
        />
        <small>
          It needs the scope <code>read_api</code>, and <code>api</code> to run jobs. This tab keeps
          it until it is closed.
        </small>
        <div className="buttons">
          <button type="submit" className="primary">
            Use
          </button>
          <button type="button" onClick={() => use('')}>
            Forget
          </button>
        </div>
      </form>
    </details>
  );
}
