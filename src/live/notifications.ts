import type { Clock } from '../util/clock.ts';

/** Word that something may have changed. It holds no more than names: nobody learns anything from it. */
export interface ChangeEvent {
  /** What may have changed, such as `job/1001`, `pipeline/700`. */
  topics: readonly string[];
  /** The project's number; undefined where the hint does not say. */
  project?: string | undefined;
  /** Whether it came by a hook that tells of every change of a job. */
  ofJobs: boolean;
}

/** Who wants to be told of one topic. */
export interface Listener {
  /** What it watches may have changed; `hooked` says that hooks tell of such changes. */
  wake(hooked?: true): void;
  /** Hints may have been missed, and may be missed from now on. */
  onMissedEvents(): void;
}

/** Passes hints on to those who watch what they name. */
export interface Notifications {
  receive(hint: ChangeEvent): void;
  /** Tells everybody that hints may be missed. */
  onMissedEvents(): void;
  /** Answers how to stop listening. */
  subscribe(topic: string, listener: Listener): () => void;
  /** Whether hooks told of the project's jobs lately, so that they can be expected to again. */
  hasWebhooks(project: string): boolean;
}

/** Hooks come with changes, and there may be none for a while. */
const TRUST_MS = 600_000;
const MAX_PROJECTS = 10_000;

/** Starts without listeners, and without having heard anything. */
export function createNotifications(clock: Clock): Notifications {
  const listeners = new Map<string, Set<Listener>>();
  /** Projects by the time of their last hint, the oldest first. */
  const heard = new Map<string, number>();

  const remember = (project: string) => {
    heard.delete(project);
    heard.set(project, clock.now());
    const oldest = heard.size > MAX_PROJECTS ? heard.keys().next().value : undefined;
    if (oldest !== undefined) heard.delete(oldest);
  };

  return {
    receive({ topics, project, ofJobs }) {
      if (ofJobs && project !== undefined) remember(project);
      for (const topic of topics) {
        for (const listener of listeners.get(topic) ?? []) listener.wake(ofJobs || undefined);
      }
    },
    onMissedEvents() {
      heard.clear();
      for (const group of listeners.values())
        for (const listener of group) listener.onMissedEvents();
    },
    subscribe(topic, listener) {
      const group = listeners.get(topic) ?? new Set();
      listeners.set(topic, group.add(listener));
      return () => {
        group.delete(listener);
        if (group.size === 0 && listeners.get(topic) === group) listeners.delete(topic);
      };
    },
    hasWebhooks: (project) =>
      clock.now() - (heard.get(project) ?? Number.NEGATIVE_INFINITY) < TRUST_MS,
  };
}
