/** Runs `work` and returns its unhandled rejections. In production, each would end the process. */
export async function unhandledRejections(work: () => Promise<unknown>): Promise<unknown[]> {
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
