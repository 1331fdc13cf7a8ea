import { useQuery, useSubscription } from 'urql';
import type { Address } from '../../address.ts';
import { Failure } from '../../components/failure.tsx';
import { Heading } from '../../components/heading.tsx';
import { StatusBadge } from '../../components/status.tsx';
import { root } from '../../gateway.ts';
import { LogDocument, LogJobDocument } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { FailureCard } from './failure-card.tsx';
import { ActionButton, JobHeader } from './job-header.tsx';
import { LogViewer } from './log-viewer.tsx';
import { ERROR_WORDS } from './search.ts';
import './log.css';

const log = typed(LogDocument);
const updates = typed(LogJobDocument);

function NoJob({ isRead }: { isRead: boolean }) {
  if (!isRead) return <p className="empty">Loading …</p>;
  return (
    <p className="empty">
      No such job, or your token may not see it. A job that starts another pipeline has no log.
    </p>
  );
}

/** The log of a job. Shows appended lines while the job runs. */
export function LogScreen({ project, id, line }: Extract<Address, { screen: 'log' }>) {
  const [{ data, error }, readAgain] = useQuery({
    query: log,
    variables: { project, id, errorWords: ERROR_WORDS },
    requestPolicy: 'network-only',
  });
  const found = data?.job;
  const [{ data: update }] = useSubscription({
    query: updates,
    variables: { id: found?.id ?? '' },
    pause: !found || found.complete,
  });
  const job = found && (found.complete ? found : { ...found, ...update?.jobUpdated });
  return (
    <div className="log">
      <link rel="stylesheet" href={`${root}/trace.css`} />
      <header className="title">
        {job && <StatusBadge {...job.detailedStatus} />}
        <Heading title={job?.name ?? `Job ${id}`} />
        {job && <ActionButton job={job} project={project} />}
      </header>
      {error ? <Failure error={error} /> : !job && <NoJob isRead={Boolean(data)} />}
      {job && <JobHeader job={job} project={project} />}
      {job && <FailureCard job={job} project={project} />}
      {found?.trace && (
        <LogViewer
          job={found}
          trace={found.trace}
          project={project}
          line={line}
          onComplete={() => readAgain({ requestPolicy: 'network-only' })}
        />
      )}
    </div>
  );
}
