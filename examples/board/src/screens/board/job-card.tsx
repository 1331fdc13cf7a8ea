import { formatDuration } from 'gitlab-jobs-gateway/client';
import { memo } from 'react';
import { printAddress } from '../../address.ts';
import { Duration } from '../../components/duration.tsx';
import { StatusIcon } from '../../components/status.tsx';
import {
  CancelJobDocument,
  ForceCancelJobDocument,
  PlayJobDocument,
  RetryJobDocument,
} from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { ActionButton } from './action-button.tsx';
import { useBoard } from './board-context.ts';
import type { Job } from './pipeline.ts';

/** The text and mutation of a card's button, by `detailedStatus.action`. */
const ACTIONS = {
  RETRY: { text: 'Retry', mutation: typed(RetryJobDocument) },
  PLAY: { text: 'Play', mutation: typed(PlayJobDocument) },
  CANCEL: { text: 'Cancel', mutation: typed(CancelJobDocument) },
  FORCE_CANCEL: { text: 'Force cancel', mutation: typed(ForceCancelJobDocument) },
};

function Times({ job }: { job: Job }) {
  const { startedAt, active, queuedDuration } = job;
  if (!startedAt) return active ? <span className="times">waiting</span> : null;
  return (
    <span className="times">
      <Duration {...job} />
      {queuedDuration !== null && queuedDuration >= 1 && (
        <span title="Wait for a runner"> + {formatDuration(queuedDuration)} queue</span>
      )}
    </span>
  );
}

/** Lists the attempts of a job, if it has several, with links to their logs. */
function Attempts({ job }: { job: Job }) {
  const { project } = useBoard().address;
  const attempts = job.attempts ?? [];
  if (attempts.length < 2) return null;
  return (
    <details className="attempts">
      <summary aria-label={`${attempts.length} attempts of ${job.name}`}>
        {attempts.length} attempts
      </summary>
      <ol>
        {attempts.map((attempt) => {
          const { group, text } = attempt.detailedStatus;
          return (
            <li key={attempt.id}>
              <StatusIcon group={group} />{' '}
              <a
                href={printAddress({
                  screen: 'log',
                  project,
                  id: attempt.databaseId,
                })}
              >
                {text}
              </a>{' '}
              <Duration {...attempt} />
            </li>
          );
        })}
      </ol>
    </details>
  );
}

/**
 * The job's name. It opens the job in the panel or, for a trigger job, the pipeline that the job
 * started.
 */
function Name({ job, isChosen }: { job: Job; isChosen: boolean }) {
  const { address } = useBoard();
  if (job.kind === 'BUILD') {
    const href = printAddress({ ...address, job: job.databaseId });
    return (
      <a className="name" data-card href={href} aria-current={isChosen ? 'true' : undefined}>
        {job.name}
      </a>
    );
  }
  const downstream = 'downstreamPipeline' in job ? job.downstreamPipeline : undefined;
  if (!downstream) return <span className="name">{job.name}</span>;
  const { databaseId: id, project } = downstream;
  return (
    <a
      className="name"
      data-card
      href={printAddress({ screen: 'board', project: project.fullPath, id })}
    >
      {job.name} <span aria-hidden="true">→</span>
    </a>
  );
}

interface Props {
  job: Job;
  /** Whether the panel shows the job. */
  isChosen: boolean;
}

/** One job: status, name, times, attempts and its action. */
export const JobCard = memo(function JobCard({ job, isChosen }: Props) {
  const { group, tooltip, action } = job.detailedStatus;
  const button = action && ACTIONS[action];
  return (
    <li className={`job-card status-${group}`} data-chosen={isChosen}>
      <StatusIcon group={group} label={tooltip} />
      <Name job={job} isChosen={isChosen} />
      {button && (
        <ActionButton {...button} name={`${button.text} ${job.name}`} variables={{ id: job.id }} />
      )}
      <Times job={job} />
      <Attempts job={job} />
    </li>
  );
});
