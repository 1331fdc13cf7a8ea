import { printAddress } from '../../address.ts';
import { StatusBadge } from '../../components/status.tsx';
import { jobsOf, type Stage } from './pipeline.ts';

/** Lists the downstream pipelines: those that were started by trigger jobs of this pipeline. */
export function Downstream({ stages }: { stages: readonly Stage[] }) {
  const started = jobsOf(stages).flatMap((job) =>
    'downstreamPipeline' in job && job.downstreamPipeline
      ? [{ bridge: job.name, ...job.downstreamPipeline }]
      : [],
  );
  if (started.length === 0) return null;
  return (
    <section className="downstream">
      <h2>Downstream</h2>
      <ul>
        {started.map(({ id, databaseId, bridge, project, detailedStatus: { group, text } }) => (
          <li key={id}>
            <StatusBadge group={group} text={text} />
            <a href={printAddress({ screen: 'board', project: project.fullPath, id: databaseId })}>
              {project.fullPath} #{databaseId}
            </a>
            <small>by {bridge}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
