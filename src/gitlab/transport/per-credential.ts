import { LRUCache } from 'lru-cache';
import type { Credential } from '../credential.ts';

/** How many callers are remembered; the one longest unheard of is forgotten first. */
const MAX_CREDENTIALS = 10_000;

/**
 * Keeps one state for each credential, by its digest. Forgetting one is harmless: calls under way hold
 * theirs, and the next call starts afresh.
 */
export function createPerCredential<S extends object>(
  create: () => S,
): (credential: Pick<Credential, 'digest'>) => S {
  const states = new LRUCache<string, S>({ max: MAX_CREDENTIALS });
  return ({ digest }) => {
    const known = states.get(digest);
    if (known) return known;
    const state = create();
    states.set(digest, state);
    return state;
  };
}
