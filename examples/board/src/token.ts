/** The caller's GitLab token. The browser forgets it when the tab is closed. */
const KEY = 'gitlab-token';

export function readToken(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

export function storeToken(token: string): void {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}
