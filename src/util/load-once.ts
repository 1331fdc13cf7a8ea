/**
 * Returns a function that loads a value at its first call, and returns the same value later. After a
 * failure, the next call loads again: the process may only have had too many open files. (Node 20
 * itself remembers the failure of an import; Node 24 reads the file again.)
 */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
