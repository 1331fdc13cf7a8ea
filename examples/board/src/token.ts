import { createStore } from './store.ts';

/**
 * The key of the caller's GitLab token in sessionStorage. The browser deletes it when the tab
 * closes.
 */
const KEY = 'gitlab-token';

export function readToken(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

export function storeToken(token: string): void {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

/** Whether the token box is open. Its button or an error of GitLab opens it (see `Failure`). */
export const tokenBox = createStore(false);
