import { createGitlab, type JobRef, type PipelineRef } from '../gitlab/client.ts';
import type { Credential } from '../gitlab/credential.ts';
import { createCallerCounts } from '../gitlab/known-credentials.ts';
import type { Job } from '../gitlab/rows.ts';
import { isScarce } from '../gitlab/transport/rate-limit.ts';
import type { Transport } from '../gitlab/transport/transport.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { type Capacity, createCapacity } from './capacity.ts';
import { combinePolls } from './combined-poll.ts';
import { createFailures } from './failures.ts';
import { distinct, jobResource } from './job.ts';
import {
  createNewsSince,
  failureAtStart,
  type NewestJobsNews,
  type NewestJobsOptions,
  newestJobsResource,
  newestJobsView,
  type SharedFailure,
} from './newest-jobs.ts';
import type { Notifications } from './notifications.ts';
import { type PipelineNews, pipelineResource, pipelineView } from './pipeline.ts';
import { createPoll, type Followed, type Poll, type Resource } from './poll.ts';
import { createPollInterval } from './poll-interval.ts';
import { createReadLimits } from './read-limit.ts';
import { type LiveEvents, subscribeTo, type View } from './subscriber.ts';
import { createTraceMemory, LINES, type TraceNews, traceResource, traceView } from './trace.ts';

/** The live updates of one caller. All reads use the caller's own credential. */
export interface Live {
  /** Whether the limit of subscriptions is reached, in total or for this caller. */
  isFull(): boolean;
  /** Yields the current state of the job, then its changes until the job is finished. */
  job(ref: JobRef): LiveEvents<Job>;
  /**
   * Yields the pipeline with at least its newest `maxJobs` jobs and its newest `maxJobs` trigger
   * jobs, then its changes until the pipeline is finished. Each attempt of a retried job counts as
   * a job.
   */
  pipeline(ref: PipelineRef, maxJobs: number): LiveEvents<PipelineNews>;
  /**
   * Yields the log from offset `afterByte` on, then appended or rewritten text, until the job is
   * finished. Lines are parsed only with `hasLines`.
   */
  trace(ref: JobRef, from: { afterByte: number; hasLines: boolean }): LiveEvents<TraceNews>;
  /**
   * Yields the newest jobs of several projects, then the jobs that are new or changed. Ends only
   * with an error, when the subscriber leaves, or when the gateway shuts down.
   */
  newestJobs(projects: readonly string[], options: MergedOptions): LiveEvents<NewestJobsNews>;
}

interface LiveCaller {
  credential: Credential;
  signal: AbortSignal;
  /**
   * Resolves when the caller's connection can accept another event. If undefined, events are sent
   * without waiting.
   */
  ready?: (() => Promise<void>) | undefined;
}

export interface LiveHub {
  of(caller: LiveCaller): Live;
  count(): { subscribers: number; polls: number };
  close(): void;
}

export interface LiveHubOptions {
  transport: Transport;
  notifications: Notifications;
  /** Poll interval of an active resource, in ms. @default 1200 */
  intervalMs?: number | undefined;
  /** @default 10000 */
  maxSubscribers?: number | undefined;
  /** Maximum subscribers with one credential. @default maxSubscribers */
  maxPerCaller?: number | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
}

/**
 * If less than this fraction of a credential's rate limit at GitLab is left, its polls slow down.
 */
const SCARCE_PART = 0.25;

/** The options with their defaults. */
type Defined = Required<{ [Key in keyof LiveHubOptions]: NonNullable<LiveHubOptions[Key]> }>;

/** Creates the registry of polls: one per credential and resource. */
function createPolls(options: Defined, capacity: Capacity) {
  const { transport, notifications, intervalMs, clock, random } = options;
  const polls = new Map<string, Poll<unknown>>();
  const limits = createReadLimits(clock);

  const start = <State>(credential: Credential, resource: Resource<State>, key: string) => {
    const interval = createPollInterval({
      clock,
      random,
      intervalMs,
      isRenewable: credential.renewal !== undefined,
      isScarce: () => isScarce(transport.rateLimitOf(credential.digest), SCARCE_PART, clock.now()),
    });
    let unsubscribe = () => {};
    // Subscribes the poll to the change events of a topic, such as `job/1001`. If the topic is not
    // known from the start, the reader of the resource calls this function when a response of
    // GitLab contains the id. A log has no topic, because no webhook reports its text.
    const listen = (topic: string, project: string) => {
      unsubscribe();
      unsubscribe = notifications.subscribe(topic, poll);
      interval.setHasWebhooks(notifications.hasWebhooks(project));
    };
    const limit = resource.isLimited ? limits.join(credential.digest) : undefined;
    const holder = capacity.createHolder(credential.digest);
    const reader = resource.open({
      hold: holder.hold,
      listen,
      watch: <Other>(other: Resource<Other>) => {
        const otherPoll = find(credential, other);
        return { poll: otherPoll, leave: otherPoll.join(() => poll.notify()) };
      },
    });
    const poll: Poll<State> = createPoll(reader, {
      clock,
      interval,
      limit,
      connect: (signal, budget) => createGitlab({ transport, credential, signal, budget }),
      onEnd() {
        unsubscribe();
        holder.release();
        limit?.leave();
        polls.delete(key);
      },
    });
    if (resource.topic) listen(resource.topic, resource.project);
    polls.set(key, poll as Poll<unknown>);
    return poll;
  };
  /**
   * Finds or creates a poll. The cast to `Poll<State>` is safe, because the key contains the kind
   * of resource.
   */
  const find = <State>(credential: Credential, resource: Resource<State>): Poll<State> => {
    const key = `${credential.digest} ${resource.key}`;
    const known = polls.get(key) as Poll<State> | undefined;
    return known ?? start(credential, resource, key);
  };
  return { find, polls };
}

type FindPoll = ReturnType<typeof createPolls>['find'];
type MergedOptions = NewestJobsOptions & { sharedFailure: SharedFailure };

/**
 * Creates the registry of merged lists, which contain the newest jobs of several projects.
 * Subscribers with equal credentials and requests share one list, so that its changes are computed
 * only once.
 */
function createMergedLists(find: FindPoll) {
  const open = (credential: Credential, projects: readonly string[], options: MergedOptions) => {
    const polls = projects.map((project) => find(credential, newestJobsResource(project)));
    return {
      poll: combinePolls(polls, (states) => failureAtStart(states, options.sharedFailure)),
      newsSince: createNewsSince(projects, options),
      subscribers: 0,
    };
  };
  const lists = new Map<string, ReturnType<typeof open>>();
  return (credential: Credential, projects: readonly string[], options: MergedOptions) => {
    const { first, statuses } = options;
    const key = JSON.stringify([credential.digest, projects, first, statuses]);
    const known = lists.get(key);
    const list = known && !known.poll.ending ? known : open(credential, projects, options);
    lists.set(key, list);
    list.subscribers += 1;
    const leave = () => {
      list.subscribers -= 1;
      if (list.subscribers === 0 && lists.get(key) === list) lists.delete(key);
    };
    return { ...list, leave };
  };
}

function withDefaults(given: LiveHubOptions): Defined {
  const { maxSubscribers = 10_000, maxPerCaller = maxSubscribers, intervalMs = 1_200 } = given;
  const { clock = systemClock, random = Math.random } = given;
  return { ...given, maxSubscribers, maxPerCaller, intervalMs, clock, random };
}

export function createLiveHub(given: LiveHubOptions): LiveHub {
  const options = withDefaults(given);
  const { transport, clock, random, intervalMs } = options;
  const capacity = createCapacity(transport.known);
  const { find, polls } = createPolls(options, capacity);
  const { maxSubscribers: max, maxPerCaller } = options;
  const counts = createCallerCounts({ max, maxPerCaller, known: transport.known });
  const memory = createTraceMemory({ logs: () => capacity.count('logs'), readers: counts.total });

  const follow = <State, News>(
    { credential, signal, ready }: LiveCaller,
    poll: Followed<State>,
    given: { view: View<State, News>; demand?: number | undefined; onLeave?(): void },
  ): LiveEvents<News> => {
    const { view, demand } = given;
    counts.change(credential.digest, 1);
    const onLeave = () => {
      counts.change(credential.digest, -1);
      given.onLeave?.();
    };
    const isRenewable = credential.renewal !== undefined;
    const failures = createFailures({ clock, random, intervalMs, isRenewable });
    return subscribeTo(poll, view, { signal, ready, clock, demand, failures, onLeave });
  };
  const subscribe = <State, News>(
    caller: LiveCaller,
    resource: Resource<State>,
    view: View<State, News>,
    demand?: number,
  ): LiveEvents<News> => follow(caller, find(caller.credential, resource), { view, demand });
  const joinList = createMergedLists(find);

  return {
    of: (caller) => ({
      isFull: () => counts.isFull(caller.credential.digest),
      job: (ref) => subscribe(caller, jobResource(ref), distinct()),
      pipeline: (ref, maxJobs) =>
        subscribe(caller, pipelineResource(ref), pipelineView(maxJobs), maxJobs),
      newestJobs(projects, options) {
        const { poll, newsSince, leave } = joinList(caller.credential, projects, options);
        return follow(caller, poll, { view: newestJobsView(newsSince), onLeave: leave });
      },
      trace(ref, from) {
        const gitlab = createGitlab({ transport, ...caller });
        const view = traceView(gitlab, ref, { memory, ...from });
        const demand = from.hasLines ? LINES : 0;
        return subscribe(caller, traceResource(ref, { memory, ...from }), view, demand);
      },
    }),
    count: () => ({ subscribers: counts.total(), polls: polls.size }),
    close() {
      for (const poll of [...polls.values()]) poll.end({});
    },
  };
}
