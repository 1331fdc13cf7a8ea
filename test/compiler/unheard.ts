/**
 * Runs something, and tells the rejections that nobody heard of: in a program of ours each would
 * end the process.
 */
export async function unheard(work: () => Promise<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  const note = (error: unknown) => found.push(error);
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  try {
    await work();
    await new Promise(setImmediate);
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return found;
}
