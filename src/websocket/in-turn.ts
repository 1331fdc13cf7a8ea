/** What of a message says which operation it is about; undefined for one that says nothing of the kind. */
function subjectOf(text: string): { type: unknown; id: string } | undefined {
  try {
    const { type, id } = JSON.parse(text) as { type?: unknown; id?: unknown };
    return typeof id === 'string' ? { type, id } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a promise under its id until it is settled, or another one takes its place. */
function keep(
  promises: Map<string, Promise<unknown>>,
  id: string,
  promise: Promise<unknown>,
): void {
  const settled: Promise<unknown> = promise
    .catch(() => {})
    .then(() => promises.get(id) === settled && promises.delete(id));
  promises.set(id, settled);
}

/**
 * Passes messages on; those about an operation whose id belonged to another one, which its client has completed,
 * wait until that is over here too. graphql-ws tells operations apart by their ids alone, and the end of the first
 * would be taken for that of the second. `take` resolves when what the message asks for is done; `leave` is told of
 * an operation that its client completes, before the message is passed on.
 */
export function inTurn(
  take: (text: string) => Promise<void>,
  leave: (id: string) => void,
): (text: string) => Promise<void> {
  /** The operations under way. */
  const running = new Map<string, Promise<unknown>>();
  /** What has to be over before a message about that id is passed on. */
  const turns = new Map<string, Promise<unknown>>();

  const begin = (id: string, text: string): Promise<void> => {
    const done = take(text);
    keep(running, id, done);
    return done;
  };
  const complete = (id: string, text: string): Promise<void> => {
    leave(id);
    return take(text);
  };
  const wait = (id: string, turn: Promise<unknown>): void => keep(turns, id, turn);
  return (text) => {
    const subject = subjectOf(text);
    const { type, id = '' } = subject ?? {};
    if (type === 'complete') {
      const taken = turns.get(id)?.then(() => complete(id, text)) ?? complete(id, text);
      wait(
        id,
        taken.then(() => running.get(id)),
      );
      return taken;
    }
    if (type !== 'subscribe') return take(text);
    const turn = turns.get(id);
    if (turn === undefined) return begin(id, text);
    return new Promise((resolve, reject) => {
      wait(
        id,
        turn.then(() => void begin(id, text).then(resolve, reject)),
      );
    });
  };
}
