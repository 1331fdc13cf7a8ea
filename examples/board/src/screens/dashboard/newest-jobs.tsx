import { printAddress } from '../../address.ts';
import { Ago } from '../../components/ago.tsx';
import { Duration } from '../../components/duration.tsx';
import { StatusIcon } from '../../components/status.tsx';
import type { LiveJob } from './live-jobs.ts';

/** The newest jobs of all projects. */
export function NewestJobs({ jobs }: { jobs: readonly LiveJob[] }) {
  return (
    <section aria-labelledby="newest-jobs">
      <h2 id="newest-jobs">Newest jobs</h2>
      <ul className="rows">
        {jobs.map((job) => {
          const { databaseId: id, name, project, pipeline, detailedStatus } = job;
          const log = { screen: 'log', project: project.fullPath, id } as const;
          return (
            <li key={id}>
              <StatusIcon group={detailedStatus.group} label={detailedStatus.tooltip} />
              <a href={printAddress(log)} className="name">
                {name}
              </a>
              <span className="where">
                {project.fullPath} · {pipeline?.ref}
              </span>
              <Duration {...job} />
              <Ago time={job.createdAt} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
