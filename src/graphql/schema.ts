import './scalars.ts';
import './node.ts';
import './detailed-status.ts';
import './ci-job.ts';
import './job.ts';
import './bridge.ts';
import './pipeline.ts';
import './project.ts';
import './merged-jobs.ts';
import './runner.ts';
import './commit.ts';
import './user.ts';
import './artifact.ts';
import './trace.ts';
import './agent.ts';
import './rate-limit.ts';
import './job-mutations.ts';
import './bulk-mutations.ts';
import './pipeline-mutations.ts';
import './subscriptions.ts';
import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import { describeCosts } from './cost.ts';

/** The public schema. */
export const schema: GraphQLSchema = describeCosts(builder.toSchema());
