import { printAddress } from '../../address.ts';
import { Duration } from '../../components/duration.tsx';
import { Moment } from '../../components/moment.tsx';
import { StatusBar } from '../../components/status-bar.tsx';
import {
  CancelPipelineDocument,
  RetryFailedJobsDocument,
  RetryPipelineDocument,
} from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { ActionButton } from './action-button.tsx';
import { useBoard } from './board-context.ts';
import { type Board, countDone, type Pipeline, statusWord } from './pipeline.ts';

const cancelPipeline = typed(CancelPipelineDocument);
const retryPipeline = typed(RetryPipelineDocument);
const retryFailedJobs = typed(RetryFailedJobsDocument);

/** Shows where the pipeline comes from, and its times. */
function Facts({ pipeline, isLive }: { pipeline: Pipeline; isLive: boolean }) {
  const { databaseId, name, ref, sha, source, user, webUrl, startedAt, active, duration } =
    pipeline;
  return (
    <ul className="board-facts">
      {name && <li>#{databaseId}</li>}
      <li>
        <strong>{ref}</strong> <code title={sha ?? ''}>{sha?.slice(0, 8)}</code>
      </li>
      <li>
        {source && statusWord(source)}
        {user?.username && ` by ${user.username}`}
      </li>
      {startedAt && (
        <li>
          started <Moment at={startedAt} />
        </li>
      )}
      {(active || duration !== null) && (
        <li>
          <Duration {...pipeline} finishedAt={active ? null : pipeline.finishedAt} />
        </li>
      )}
      {isLive && <li className="live">live</li>}
      {webUrl && (
        <li>
          <a href={webUrl}>In GitLab</a>
        </li>
      )}
    </ul>
  );
}

/** Shows how many jobs have each status. */
function Progress({ board }: { board: Board }) {
  const { jobCount, statusCounts } = board;
  return (
    <div className="progress">
      <StatusBar counts={statusCounts} />
      <span>
        {countDone(statusCounts)} of {jobCount} done
      </span>
      <span className="counts">
        {statusCounts.map(({ status, count }) => `${count} ${statusWord(status)}`).join(' · ')}
      </span>
    </div>
  );
}

/** The switch between columns and timeline. */
function ViewSwitch() {
  const { address } = useBoard();
  const current = (isCurrent: boolean) => (isCurrent ? 'page' : undefined);
  const { view } = address;
  return (
    <nav aria-label="View" className="views">
      <a href={printAddress({ ...address, view: undefined })} aria-current={current(!view)}>
        Columns
      </a>
      <a
        href={printAddress({ ...address, view: 'timeline' })}
        aria-current={current(view === 'timeline')}
      >
        Timeline
      </a>
    </nav>
  );
}

/** Shows the pipeline's facts and actions. */
export function BoardHeader({ pipeline, isLive }: { pipeline: Pipeline; isLive: boolean }) {
  const { id, board } = pipeline;
  const { action } = pipeline.detailedStatus;
  const failedCount = board?.statusCounts.find(({ status }) => status === 'FAILED')?.count ?? 0;
  const variables = { id };
  return (
    <header className="board-header">
      <Facts pipeline={pipeline} isLive={isLive} />
      {board && <Progress board={board} />}
      <div className="actions">
        <ViewSwitch />
        {failedCount > 0 && (
          <ActionButton
            text={`Retry all failed (${failedCount})`}
            mutation={retryFailedJobs}
            variables={variables}
          />
        )}
        {action === 'RETRY' && (
          <ActionButton text="Retry pipeline" mutation={retryPipeline} variables={variables} />
        )}
        {action === 'CANCEL' && (
          <ActionButton text="Cancel pipeline" mutation={cancelPipeline} variables={variables} />
        )}
      </div>
    </header>
  );
}
