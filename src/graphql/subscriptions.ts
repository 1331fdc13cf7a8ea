import { GraphQLError } from 'graphql';
import type { Context } from '../context.ts';
import type { LiveEvent } from '../live/follow.ts';
import { builder } from './builder.ts';
import { badUserInput } from './errors.ts';
import { type NodeRef, parseGlobalId } from './global-id.ts';
import { Job } from './refs.ts';

/*
 * What can be followed. An event is an operation of its own: it reads anew what is selected below,
 * and has its own time. Errors come as the last event, so that clients of SSE and WebSocket both get
 * them in the same shape.
 */

/** Takes the news out of an event, or throws what ended the stream. */
function openEvent<News>(event: LiveEvent<News>, context: Context): News {
  if ('error' in event) throw event.error;
  Object.assign(context, context.turn());
  return event.news;
}

/** Reads a global id of that type, or says what is wrong with following the thing. */
function parseIdOf<Type extends 'Job' | 'Pipeline'>(
  type: Type,
  globalId: string,
): Extract<NodeRef, { type: Type }> {
  const ref = parseGlobalId(globalId);
  if (ref.type === type) return ref as Extract<NodeRef, { type: Type }>;
  const advice = ref.type === 'Bridge' ? ' Follow its pipeline with `pipelineUpdated`.' : '';
  throw badUserInput(`The id is that of a ${ref.type}; expected the id of a ${type}.${advice}`);
}

function checkRoom({ live }: Context): void {
  if (!live.isFull) return;
  throw new GraphQLError('The gateway follows as much as it may. Try again later.', {
    extensions: { code: 'RATE_LIMITED', retryAfter: null },
  });
}

builder.subscriptionFields((t) => ({
  jobUpdated: t.field({
    type: Job,
    nullable: false,
    description:
      'A job now, then each change of it; completes once it is finished. That its duration grows is no change.',
    args: {
      id: t.arg.id({ required: true, description: 'The global id of a `Job`.' }),
    },
    subscribe: (_root, { id }, context) => {
      const ref = parseIdOf('Job', id);
      checkRoom(context);
      return context.live.job(ref);
    },
    resolve: (event, _args, context) => {
      const job = openEvent(event, context);
      context.loaders.prime(job);
      return job;
    },
  }),
}));
