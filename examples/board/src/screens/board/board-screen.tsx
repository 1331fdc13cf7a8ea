import { useMutation, useQuery, useSubscription } from 'urql';
import { type Address, printAddress } from '../../address.ts';
import { Duration } from '../../components/duration.tsx';
import { Failure } from '../../components/failure.tsx';
import { StatusBadge, StatusIcon } from '../../components/status.tsx';
import {
  BoardDocument,
  type BoardQuery,
  BoardUpdatesDocument,
  RetryJobDocument,
} from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import './board.css';

type Pipeline = NonNullable<BoardQuery['pipeline']>;
type Stage = NonNullable<Pipeline['board']>['stages'][number];
type Job = Stage['groups'][number]['jobs'][number];

const board = typed(BoardDocument);
const updates = typed(BoardUpdatesDocument);
const retry = typed(RetryJobDocument);

function JobCard({ job, project }: { job: Job; project: string }) {
  const [result, retryJob] = useMutation(retry);
  const { group, tooltip, action } = job.detailedStatus;
  const href = printAddress({ screen: 'log', project, id: job.databaseId, line: undefined });
  return (
    <li className="job">
      <StatusIcon group={group} label={tooltip} />
      <a href={href}>{job.name}</a>
      {job.attempts && job.attempts.length > 1 && (
        <span className="attempts">{job.attempts.length} attempts</span>
      )}
      <Duration {...job} />
      {action === 'RETRY' && (
        <button
          type="button"
          disabled={result.fetching}
          aria-label={`Retry ${job.name}`}
          onClick={() => void retryJob({ id: job.id })}
        >
          Retry
        </button>
      )}
    </li>
  );
}

function StageColumn({ stage, project }: { stage: Stage; project: string }) {
  const { group, text } = stage.detailedStatus;
  return (
    <section className="stage" aria-label={`Stage ${stage.name}: ${text}`}>
      <h2>
        <StatusIcon group={group} label={text} /> {stage.name}
      </h2>
      <ul>
        {stage.groups.flatMap(({ jobs }) =>
          jobs.map((job) => <JobCard key={job.id} job={job} project={project} />),
        )}
      </ul>
    </section>
  );
}

/** The board of a pipeline: its stages as columns, live. */
export function BoardScreen({ project, id }: Extract<Address, { screen: 'board' }>) {
  const [{ data, error, fetching }] = useQuery({ query: board, variables: { project, id } });
  const found = data?.pipeline;
  const [{ data: update }] = useSubscription({
    query: updates,
    variables: { id: found?.id ?? '' },
    pause: !found || found.complete,
  });
  if (error) return <Failure error={error} />;
  if (fetching) return <p className="empty">Loading …</p>;
  if (!found) return <p className="empty">No such pipeline, or your token may not see it.</p>;
  const pipeline = { ...found, ...update?.pipelineUpdated.pipeline };
  const { group, text } = pipeline.detailedStatus;
  return (
    <>
      <h1>
        <StatusBadge group={group} text={text} /> Pipeline {pipeline.databaseId}
        <small> {pipeline.ref}</small>
      </h1>
      <div className="columns">
        {pipeline.board?.stages.map((stage) => (
          <StageColumn key={stage.name} stage={stage} project={project} />
        ))}
      </div>
    </>
  );
}
