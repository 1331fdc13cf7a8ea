import { useSyncExternalStore } from 'react';

/** A value that several components share. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  /** Returns the value; the component renders again when it changes. */
  use(): T;
}

/** Creates a shared value. */
export function createStore<T>(initial: T): Store<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    get: () => current,
    set(value) {
      current = value;
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, () => current),
  };
}
