import { costs } from './cost.ts';
import { Bridge, CiJob, Node, Pipeline } from './refs.ts';

Bridge.implement({
  description:
    'A trigger job: it starts a pipeline in another project, or a child pipeline. GitLab lists it with its pipeline only, and hides it once it was retried.',
  interfaces: [Node, CiJob],
  fields: (t) => ({
    downstreamPipeline: t.field({
      type: Pipeline,
      description:
        'The pipeline it started; it may belong to a project you cannot read. Null until it is made, or when that failed.',
      extensions: costs({ leadsTo: 'job', isForeign: true }),
      resolve: ({ downstream_pipeline: row, project_id }) =>
        row && { ...row, project_id: String(row.project_id ?? project_id) },
    }),
  }),
});
