import { costs } from './cost.ts';
import { Bridge, CiJob, Node, Pipeline } from './refs.ts';

Bridge.implement({
  description:
    'A trigger job, which starts a child pipeline or a pipeline of another project. GitLab lists it only with its pipeline, and hides it after a retry.',
  interfaces: [Node, CiJob],
  fields: (t) => ({
    downstreamPipeline: t.field({
      type: Pipeline,
      description:
        'The pipeline that it started, which may belong to a project that the caller cannot read. Null until it is created, or if that failed.',
      extensions: costs({ leadsTo: 'job', isForeign: true }),
      resolve: ({ downstream_pipeline: row, project_id }) =>
        row && { ...row, project_id: String(row.project_id ?? project_id) },
    }),
  }),
});
