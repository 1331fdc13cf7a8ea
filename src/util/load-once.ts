/**
 * Returns a function that loads a value at its first call. Later calls return the value that was
 * loaded. After a failure, the next call loads again, because the cause may have been temporary,
 * such as too many open files. For an `import`, loading again helps only in newer versions of Node:
 * Node 20 itself remembers the failure, Node 24 reads the file again.
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
