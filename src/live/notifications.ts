import type { Clock } from '../util/clock.ts';

/** Names resources that may have changed. Subscribers read the change with their own credential. */
export interface ChangeEvent {
  /**
   * Names of resources, such as `job/1001`, `pipeline/700`, and `project/42` for all jobs of
   * project 42.
   */
  topics: readonly string[];
  /** The project's numeric id; undefined if the webhook does not contain it. */
  project?: string | undefined;
  /**
   * Whether the event comes from GitLab's Job webhook, which reports each change of a job's status.
   * The Pipeline webhook does not.
   */
  ofJobs: boolean;
}

/** A subscriber of one topic. */
export interface Listener {
  /**
   * Called when the resource of the topic may have changed. `hasWebhooks`: webhooks report its
   * changes, except those of trigger jobs.
   */
  notify(hasWebhooks?: true): void;
  /** Called when webhooks may have been missed, and may be missed from now on. */
  onMissedEvents(): void;
}

export type Notifications = ReturnType<typeof createNotifications>;

/**
 * How long a project is assumed to have Job webhooks after its last one. The time is long, because
 * GitLab sends none while the project's jobs do not change.
 */
const WEBHOOK_MEMORY_MS = 600_000;
const MAX_PROJECTS = 10_000;

/** Distributes change events to the listeners of their topics. */
export function createNotifications(clock: Clock) {
  const listeners = new Map<string, Set<Listener>>();
  /** Time of the last Job webhook of each project, by its numeric id. The oldest one is first. */
  const lastEventAt = new Map<string, number>();

  const remember = (project: string) => {
    lastEventAt.delete(project);
    lastEventAt.set(project, clock.now());
    const oldest = lastEventAt.size > MAX_PROJECTS ? lastEventAt.keys().next().value : undefined;
    if (oldest !== undefined) lastEventAt.delete(oldest);
  };

  return {
    receive({ topics, project, ofJobs }: ChangeEvent) {
      if (ofJobs && project !== undefined) remember(project);
      for (const topic of topics) {
        for (const listener of listeners.get(topic) ?? []) listener.notify(ofJobs || undefined);
      }
    },
    onMissedEvents() {
      lastEventAt.clear();
      for (const group of listeners.values())
        for (const listener of group) listener.onMissedEvents();
    },
    /** Calls the listener for events of a topic. Returns an unsubscribe function. */
    subscribe(topic: string, listener: Listener) {
      const group = listeners.get(topic) ?? new Set();
      listeners.set(topic, group.add(listener));
      return () => {
        group.delete(listener);
        if (group.size === 0 && listeners.get(topic) === group) listeners.delete(topic);
      };
    },
    /** Whether webhooks reported jobs of the project recently. */
    hasWebhooks: (project: string) =>
      clock.now() - (lastEventAt.get(project) ?? Number.NEGATIVE_INFINITY) < WEBHOOK_MEMORY_MS,
  };
}
