import { useQuery, useSubscription } from 'urql';
import type { Address } from '../../address.ts';
import { Failure } from '../../components/failure.tsx';
import { LogDocument, LogJobDocument } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { root } from './download.tsx';
import { FailureCard } from './failure-card.tsx';
import { JobHeader } from './job-header.tsx';
import { LogViewer } from './log-viewer.tsx';
import { ERROR_WORDS } from './search.ts';
import './log.css';

const log = typed(LogDocument);
const updates = typed(LogJobDocument);

/** The log of a job, live while the job runs. */
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
  if (error) return <Failure error={error} />;
  if (!data) return <p className="empty">Loading …</p>;
  if (!found) {
    return (
      <p className="empty">
        No such job, or your token may not see it. A job that starts another pipeline has no log.
      </p>
    );
  }
  const job = found.complete ? found : { ...found, ...update?.jobUpdated };
  return (
    <div className="log">
      <link rel="stylesheet" href={`${root}/trace.css`} />
      <JobHeader job={job} project={project} />
      <FailureCard job={job} project={project} />
      {found.trace && (
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
