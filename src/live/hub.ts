import { createGitlab, type JobRef, type PipelineRef } from '../gitlab/client.ts';
import type { Credential } from '../gitlab/credential.ts';
import type { Job } from '../gitlab/rows.ts';
import { isScarce } from '../gitlab/transport/rate-limit.ts';
import type { Transport } from '../gitlab/transport/transport.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { distinct, jobResource } from './job.ts';
import type { Notifications } from './notifications.ts';
import { type PipelineNews, pipelineResource, pipelineView } from './pipeline.ts';
import type { Resource } from './poll.ts';
import { createPoll, type Poll } from './poll.ts';
import { createPollInterval } from './poll-interval.ts';
import { type LiveEvents, subscribeTo, type View } from './subscriber.ts';
import { createTraceMemory, type TraceNews, traceResource, traceView } from './trace.ts';

/** What one caller can follow. Each read behind it is made with the caller's own credential. */
export interface Live {
  /** Whether the gateway follows as much as it may, of everybody or of this caller. */
  isFull(): boolean;
  /** The job now, then each change of it, until it is finished. */
  job(ref: JobRef): LiveEvents<Job>;
  /** The pipeline and all its jobs, then what changes of them, until it is finished. */
  pipeline(ref: PipelineRef): LiveEvents<PipelineNews>;
  /** A job's log from that byte on, then what is appended, until the job is finished. */
  trace(ref: JobRef, afterByte: number): LiveEvents<TraceNews>;
}

/** On whose behalf something is followed, and until when. */
export interface LiveCaller {
  credential: Credential;
  signal: AbortSignal;
}

/** Follows things at GitLab for all callers. */
export interface LiveHub {
  of(caller: LiveCaller): Live;
  /** How many subscribers there are, and how many polls serve them. */
  count(): { subscribers: number; polls: number };
  /** Ends everything that is followed. */
  close(): void;
}

/** What a hub is made of. */
export interface LiveHubOptions {
  transport: Transport;
  notifications: Notifications;
  /** How long a change of something that moves may take to be seen, in ms. @default 1200 */
  intervalMs?: number | undefined;
  /** @default 10000 */
  maxSubscribers?: number | undefined;
  /** The most of one credential. @default as many as of all */
  maxPerCaller?: number | undefined;
  clock?: Clock | undefined;
  /** 0 to 1. */
  random?: (() => number) | undefined;
}

/** Below that part of its quota, a credential's polls slow down. */
const SCARCE_PART = 0.25;

/** The polls of all callers, each by its credential's digest and what it watches. */
function createPolls(options: LiveHubOptions) {
  const { transport, notifications: wakeUps, intervalMs = 1_200 } = options;
  const { clock = systemClock, random = Math.random } = options;
  const polls = new Map<string, Poll<unknown>>();

  const start = <State>(credential: Credential, resource: Resource<State>, key: string) => {
    const pace = createPollInterval({
      clock,
      random,
      intervalMs,
      isScarce: () => isScarce(transport.rateLimitOf(credential.digest), SCARCE_PART, clock.now()),
    });
    // Of what has no name among hooks, such as a log, none will tell.
    pace.setHooked(resource.topic !== undefined && wakeUps.hasWebhooks(resource.project));
    const reading = resource.open({
      watch: <Other>(other: Resource<Other>) => {
        const watched = find(credential, other);
        return { poll: watched, leave: watched.join(() => poll.wake()) };
      },
    });
    const poll: Poll<State> = createPoll(reading, {
      clock,
      interval: pace,
      connect: (signal) => createGitlab({ transport, credential, signal }),
      onEnd() {
        deafen();
        polls.delete(key);
      },
    });
    const deafen = resource.topic ? wakeUps.subscribe(resource.topic, poll) : () => {};
    polls.set(key, poll as Poll<unknown>);
    return poll;
  };
  /** The caller's poll of a resource. The key names the kind of state, so the cast holds. */
  const find = <State>(credential: Credential, resource: Resource<State>): Poll<State> => {
    const key = `${credential.digest} ${resource.key}`;
    const known = polls.get(key) as Poll<State> | undefined;
    return known ?? start(credential, resource, key);
  };
  return { find, polls };
}

/** Counts subscribers, in all and by their credentials' digests. */
function createCounts({ maxSubscribers = 10_000, maxPerCaller = maxSubscribers }: LiveHubOptions) {
  const byDigest = new Map<string, number>();
  let all = 0;
  const ofOne = (digest: string) => byDigest.get(digest) ?? 0;
  return {
    all: () => all,
    isFull: (digest: string) => all >= maxSubscribers || ofOne(digest) >= maxPerCaller,
    change(digest: string, by: 1 | -1) {
      all += by;
      const left = ofOne(digest) + by;
      if (left > 0) byDigest.set(digest, left);
      else byDigest.delete(digest);
    },
  };
}

/** Makes a hub that follows nothing yet. */
export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { transport } = options;
  const memory = createTraceMemory();
  const { find, polls } = createPolls(options);
  const counts = createCounts(options);

  const subscribe = <State, News>(
    { credential, signal }: LiveCaller,
    resource: Resource<State>,
    view: View<State, News>,
  ): LiveEvents<News> => {
    counts.change(credential.digest, 1);
    const onLeave = () => counts.change(credential.digest, -1);
    return subscribeTo(find(credential, resource), view, { signal, onLeave });
  };

  return {
    of: (caller) => ({
      isFull: () => counts.isFull(caller.credential.digest),
      job: (ref) => subscribe(caller, jobResource(ref), distinct()),
      pipeline: (ref) => subscribe(caller, pipelineResource(ref), pipelineView()),
      trace(ref, afterByte) {
        const gitlab = createGitlab({ transport, ...caller });
        const resource = traceResource(ref, { memory, afterByte });
        return subscribe(caller, resource, traceView(gitlab, ref, afterByte));
      },
    }),
    count: () => ({ subscribers: counts.all(), polls: polls.size }),
    close() {
      for (const poll of [...polls.values()]) poll.end({});
    },
  };
}
