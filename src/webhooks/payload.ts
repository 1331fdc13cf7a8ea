import * as z from 'zod';
import type { ChangeEvent } from '../live/notifications.ts';

/*
 * The parts of GitLab's webhooks that name what has changed (upstream.md §9). All other data is
 * ignored: webhooks may be late, repeated or out of order, and anyone with the secret can forge
 * them.
 */

const id = z.union([z.number().int().positive(), z.string().regex(/^\d{1,19}$/)]).transform(String);
const aProject = z.object({ id });

const jobHook = z.object({
  build_id: id,
  pipeline_id: id.nullish(),
  project_id: id.nullish(),
  project: aProject.nullish(),
});
const pipelineHook = z.object({
  object_attributes: z.object({ id }),
  project: aProject.nullish(),
  builds: z.array(z.object({ id })).nullish(),
});

/** Thrown if the body of a webhook is invalid. */
export class HookError extends Error {
  override readonly name = 'HookError';
}

function check<T>(shape: z.ZodType<T>, body: unknown): T {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new HookError(`Not a GitLab webhook: ${issue?.path.join('.')}: ${issue?.message}`);
}

/**
 * Returns the change event of a job or pipeline webhook; null for any other webhook. Throws
 * HookError for an invalid body.
 */
export function parseHook(body: unknown): ChangeEvent | null {
  const { object_kind: kind } = check(z.object({ object_kind: z.string() }), body);
  if (kind === 'build') {
    const { build_id, pipeline_id, ...hook } = check(jobHook, body);
    const project = hook.project_id ?? hook.project?.id;
    const topics = [
      `job/${build_id}`,
      ...(pipeline_id ? [`pipeline/${pipeline_id}`] : []),
      ...(project ? [`project/${project}`] : []),
    ];
    return { topics, project, ofJobs: true };
  }
  if (kind !== 'pipeline') return null;
  const { object_attributes: pipeline, builds, ...hook } = check(pipelineHook, body);
  const jobs = (builds ?? []).map((build) => `job/${build.id}`);
  const topics = [`pipeline/${pipeline.id}`, ...jobs];
  // With `ofJobs: true`, the gateway would poll less often. That would be wrong: GitLab sends this
  // webhook only when the status of the pipeline changes, not for each change of a job.
  return { topics, project: hook.project?.id, ofJobs: false };
}
