import type { Clock } from '../util/clock.ts';
import type { Credential } from './credential.ts';

/** A project, as GitLab last identified it in a response to the caller. */
export interface KnownProject {
  /** The numeric id. */
  readonly number: string;
  /** The full path that GitLab's response contained; undefined if unknown. */
  readonly fullPath?: string | undefined;
  /**
   * Whether calls must use the numeric id because the path does not work: GitLab redirects it (a
   * renamed project), or a proxy decodes its `%2F` (upstream.md §1.3).
   */
  readonly onlyByNumber?: boolean | undefined;
}

type Caller = Pick<Credential, 'digest'>;

/**
 * The numeric ids of projects that were requested by path, per credential. Each is forgotten after
 * ten minutes, because another project may get the path.
 */
export interface ProjectNumbers {
  /**
   * Returns the project that the caller last found under a path; undefined if it is not remembered.
   */
  find(caller: Caller, path: string): KnownProject | undefined;
  /**
   * Stores the project that a response to the caller identified for a path. Does nothing if `path`
   * is a numeric id.
   */
  learn(caller: Caller, path: string, project: KnownProject): void;
  /** Forgets a project, named by its path or numeric id. Called when GitLab answers 404. */
  forget(caller: Caller, pathOrNumber: string): void;
}

const LIFETIME_MS = 10 * 60_000;
const MAX_PER_CREDENTIAL = 500;
/** Maximum number of paths of all credentials together. A path has at most 1 KB. */
const MAX_PATHS = 20_000;

const NUMBER = /^\d+$/;

type Entry = KnownProject & { readonly expiresAt: number };

/**
 * Creates a store. Entries come only from responses that identify a project. When the store is
 * full, all entries of the least recently updated credential are removed.
 */
export function createProjectNumbers({ now }: Pick<Clock, 'now'>): ProjectNumbers {
  /**
   * Entries by credential digest, then by lower-case path. In both maps, the least recently stored
   * keys are first.
   */
  const byCredential = new Map<string, Map<string, Entry>>();
  let count = 0;

  const drop = (digest: string) => {
    count -= byCredential.get(digest)?.size ?? 0;
    byCredential.delete(digest);
  };
  const remove = (paths: Map<string, Entry>, path: string) => {
    if (paths.delete(path)) count -= 1;
  };
  const find = ({ digest }: Caller, path: string): Entry | undefined => {
    const entry = byCredential.get(digest)?.get(path.toLowerCase());
    return entry && entry.expiresAt > now() ? entry : undefined;
  };
  const store = (digest: string, path: string, entry: Entry) => {
    const paths = byCredential.get(digest) ?? new Map<string, Entry>();
    byCredential.delete(digest);
    byCredential.set(digest, paths);
    remove(paths, path);
    paths.set(path, entry);
    count += 1;
    const [oldestPath = ''] = paths.keys();
    if (paths.size > MAX_PER_CREDENTIAL) remove(paths, oldestPath);
    const [oldestDigest = ''] = byCredential.keys();
    if (count > MAX_PATHS) drop(oldestDigest);
  };

  return {
    find,
    learn(caller, path, { number, fullPath, onlyByNumber }) {
      if (NUMBER.test(path) || !NUMBER.test(number)) return;
      const found = find(caller, path);
      const known = found?.number === number ? found : undefined;
      // A response to a call by numeric id does not show that the path still leads to the project,
      // so it does not extend the entry's lifetime.
      const isByNumber = known?.onlyByNumber && !onlyByNumber;
      store(caller.digest, path.toLowerCase(), {
        number,
        fullPath: fullPath ?? known?.fullPath,
        onlyByNumber: onlyByNumber ?? known?.onlyByNumber,
        expiresAt: isByNumber ? known.expiresAt : now() + LIFETIME_MS,
      });
    },
    forget({ digest }, name) {
      const paths = byCredential.get(digest);
      if (!paths) return;
      for (const [path, { number }] of paths) {
        if (path === name.toLowerCase() || number === name) remove(paths, path);
      }
      if (paths.size === 0) byCredential.delete(digest);
    },
  };
}
