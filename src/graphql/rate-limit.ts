import type { RateLimit as RateLimitRow } from '../gitlab/transport/rate-limit.ts';
import { builder } from './builder.ts';

const RateLimit = builder.objectRef<RateLimitRow>('RateLimit').implement({
  description: 'How many more calls GitLab grants to your credential for now.',
  fields: (t) => ({
    limit: t.exposeInt('limit', {
      description: 'How many a minute in all. Null where GitLab does not say.',
    }),
    remaining: t.exposeInt('remaining', {
      description: 'How many are left. Null where GitLab does not say.',
    }),
    resetAt: t.field({
      type: 'DateTime',
      description: 'When `remaining` starts anew. Null where GitLab does not say.',
      resolve: ({ resetAt }) => new Date(resetAt).toISOString(),
    }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimit,
    description:
      'What GitLab said last to your credential about its limits. Makes no call of its own; null when GitLab has not said anything.',
    resolve: (_root, _args, { rateLimit }) => rateLimit(),
  }),
);
