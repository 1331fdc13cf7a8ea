import type { Context } from '../context/context.ts';
import type { Bridge as BridgeRow } from '../gitlab/rows.ts';
import { costs } from './cost.ts';
import { Bridge, CiJob, Node, Pipeline, type PipelineRow, type RowOfProject } from './refs.ts';
import { projectBehind, projectUrlOf } from './web-url.ts';

/**
 * Finds the project of a downstream pipeline by the pipeline's URL, and returns its numeric id. For
 * a pipeline whose row has no `project_id`. Costs one call, unless the project is also that of the
 * trigger job. Undefined if the project cannot be found.
 */
async function readProjectOf(pipeline: RowOfProject, bridge: BridgeRow, context: Context) {
  const url = projectUrlOf(pipeline);
  if (url && url === projectUrlOf(bridge)) return bridge.project_id;
  const { path } = projectBehind(pipeline, context.webUrls);
  const project = path ? await context.loaders.project(path) : null;
  return project?.id;
}

/**
 * Returns the pipeline that a trigger job started. Null if the trigger job started none, or if the
 * project of the pipeline is unknown.
 */
export async function downstreamOf(
  bridge: BridgeRow,
  context: Context,
): Promise<PipelineRow | null> {
  const { downstream_pipeline: row, user } = bridge;
  if (!row) return null;
  const projectRow = { project_id: '', web_url: row.web_url, user };
  const project = row.project_id ?? (await readProjectOf(projectRow, bridge, context));
  if (project == null) return null;
  const project_id = String(project);
  return { ...row, project_id, projectRow: { ...projectRow, project_id } };
}

Bridge.implement({
  description:
    'A trigger job, which starts a child pipeline or a pipeline of another project. GitLab lists it only with its pipeline, and hides it after a retry.',
  interfaces: [Node, CiJob],
  fields: (t) => ({
    attempts: t.field({
      type: [CiJob],
      description: 'The trigger job itself: GitLab hides retried trigger jobs.',
      extensions: costs({ leadsTo: 'board' }),
      resolve: (bridge) => [bridge],
    }),
    downstreamPipeline: t.field({
      type: Pipeline,
      description:
        'The pipeline that it started, which may belong to a project that the caller cannot read. Null until the pipeline is created, and if its creation failed. If the server does not say which project it belongs to, it costs one call per project, and is null if that project is not visible to the caller.',
      extensions: costs({ leadsTo: 'pipeline', isForeign: true }),
      resolve: (bridge, _args, context) => downstreamOf(bridge, context),
    }),
  }),
});
