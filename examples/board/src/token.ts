import { createStore } from './store.ts';

/** The caller's GitLab token. The browser forgets it when the tab is closed. */
const KEY = 'gitlab-token';

export function readToken(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

export function storeToken(token: string): void {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

/** Whether the token box is open: by hand, or because GitLab did not accept the token. */
export const tokenBox = createStore(false);
