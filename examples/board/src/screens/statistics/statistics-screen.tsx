import { useQuery } from 'urql';
import type { Address } from '../../address.ts';
import { Failure } from '../../components/failure.tsx';
import { Heading } from '../../components/heading.tsx';
import { ProjectName } from '../../components/project-name.tsx';
import { StatisticsDocument, type StatisticsQuery } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { StatisticsTable } from './statistics-table.tsx';
import './statistics.css';

const statistics = typed(StatisticsDocument);

type Stats = NonNullable<NonNullable<StatisticsQuery['project']>['jobStats']>;

const day = (time: string | null) => (time ? new Date(time).toLocaleDateString() : '');

function Summary({ jobCount, pipelineCount, from, to, complete }: Stats) {
  return (
    <p className="summary">
      {complete ? 'All' : 'The newest'} {jobCount} finished jobs, of {pipelineCount}{' '}
      {pipelineCount === 1 ? 'pipeline' : 'pipelines'}, from {day(from)} to {day(to)}.
    </p>
  );
}

function Content({ project }: { project: string }) {
  const [{ data, error, fetching }] = useQuery({ query: statistics, variables: { project } });
  const stats = data?.project?.jobStats;
  if (!stats && error) return <Failure error={error} />;
  if (!stats && fetching) return <p className="empty">Loading …</p>;
  if (!stats) return <p className="empty">No such project, or your token may not see it.</p>;
  if (stats.jobCount === 0) return <p className="empty">No job has finished yet.</p>;
  return (
    <>
      <Summary {...stats} />
      <StatisticsTable project={project} rows={stats.byName} />
    </>
  );
}

/** Shows how often the jobs of a project fail, and how long they run and wait. */
export function StatisticsScreen({ project }: Extract<Address, { screen: 'statistics' }>) {
  return (
    <>
      <Heading title={`Statistics of ${project}`}>
        Statistics <ProjectName path={project} />
      </Heading>
      <Content project={project} />
    </>
  );
}
