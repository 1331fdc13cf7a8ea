import type { RateLimit as RateLimitRow } from '../gitlab/transport/rate-limit.ts';
import { builder } from './builder.ts';

const RateLimit = builder.objectRef<RateLimitRow>('RateLimit').implement({
  description: 'The rate limit of GitLab for the caller’s credential.',
  fields: (t) => ({
    limit: t.exposeInt('limit', {
      description: 'The maximum number of calls per minute. Null if GitLab does not say.',
    }),
    remaining: t.exposeInt('remaining', {
      description: 'The number of calls that remain. Null if GitLab does not say.',
    }),
    resetAt: t.field({
      type: 'DateTime',
      description: 'When `remaining` is reset. Null if GitLab does not say.',
      resolve: ({ resetAt }) => new Date(resetAt).toISOString(),
    }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimit,
    description:
      'The rate limit from GitLab’s latest response to the caller’s credential. Makes no call; null if no response had one.',
    resolve: (_root, _args, { rateLimit }) => rateLimit(),
  }),
);
