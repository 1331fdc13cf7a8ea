import type { Context } from '../context/context.ts';
import type { Bridge as BridgeRow } from '../gitlab/rows.ts';
import { costs } from './cost.ts';
import { Bridge, CiJob, Node, Pipeline, type PipelineRow } from './refs.ts';
import { baseUrlOf, projectBehind, projectUrlOf } from './web-url.ts';

/**
 * Returns the numeric id of the project of a downstream pipeline whose row does not contain it: that
 * of the trigger job if both have the same URL, else that of the project at the URL.
 */
async function readProjectOf(pipeline: PipelineRow, bridge: BridgeRow, context: Context) {
  const url = projectUrlOf(pipeline);
  if (url && url === projectUrlOf(bridge)) return bridge.project_id;
  const { path } = projectBehind(pipeline, context.webUrls);
  const project = path ? await context.loaders.project(path) : null;
  return project?.id ?? null;
}

async function downstreamOf(bridge: BridgeRow, context: Context): Promise<PipelineRow | null> {
  if (!bridge.downstream_pipeline) return null;
  const row = { ...bridge.downstream_pipeline, project_id: '', baseUrl: baseUrlOf(bridge) };
  const project =
    bridge.downstream_pipeline.project_id ?? (await readProjectOf(row, bridge, context));
  return project === null ? null : { ...row, project_id: String(project) };
}

Bridge.implement({
  description:
    'A trigger job, which starts a child pipeline or a pipeline of another project. GitLab lists it only with its pipeline, and hides it after a retry.',
  interfaces: [Node, CiJob],
  fields: (t) => ({
    downstreamPipeline: t.field({
      type: Pipeline,
      description:
        'The pipeline that it started, which may belong to a project that the caller cannot read. Null until it is created, or if that failed. A server that does not include its project costs one call per project; then it is null if that project is not visible to the caller.',
      extensions: costs({ leadsTo: 'job', isForeign: true }),
      resolve: (bridge, _args, context) => downstreamOf(bridge, context),
    }),
  }),
});
