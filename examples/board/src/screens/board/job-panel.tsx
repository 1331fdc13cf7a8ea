import { applyTraceChunk, traceLines } from 'gitlab-jobs-gateway/client';
import { useEffect, useMemo, useRef } from 'react';
import { useQuery, useSubscription } from 'urql';
import { printAddress } from '../../address.ts';
import { Duration } from '../../components/duration.tsx';
import { Failure } from '../../components/failure.tsx';
import { StatusBadge } from '../../components/status.tsx';
import {
  JobPanelDocument,
  JobPanelLogDocument,
  type JobPanelQuery,
} from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { useBoard } from './board-context.ts';

type Job = NonNullable<JobPanelQuery['job']>;

const panel = typed(JobPanelDocument);
const panelLog = typed(JobPanelLogDocument);

/** Number of lines to show from the end of the log. */
const LINES = 100;

/** Shows why the job failed, and the first lines of its log that look like errors. */
function FailureSummary({
  failure: { message, retryHelps, log },
}: {
  failure: NonNullable<Job['failure']>;
}) {
  return (
    <div className="failure">
      <p>
        <strong>{message}</strong>
        {retryHelps && ' A retry may help.'}
      </p>
      {log?.command && (
        <p>
          <code>{log.command}</code>
          {log.exitCode !== null && ` ended with exit code ${log.exitCode}.`}
        </p>
      )}
      {log && log.errors.length > 0 && <pre>{log.errors.map(({ text }) => text).join('\n')}</pre>}
    </div>
  );
}

/** Shows the end of the log, which grows while the job runs. */
function LogEnd({ job, trace }: { job: Job; trace: NonNullable<Job['trace']> }) {
  const start = useMemo(
    () =>
      applyTraceChunk(undefined, {
        startByte: 0,
        endByte: trace.byteSize,
        lines: trace.lines.nodes,
      }),
    [trace],
  );
  const [{ data: log = start }] = useSubscription(
    {
      query: panelLog,
      variables: { id: job.id, afterByte: trace.byteSize },
      pause: job.complete,
    },
    (log: typeof start | undefined, { jobTraceAppended }) =>
      applyTraceChunk(log ?? start, jobTraceAppended),
  );
  const box = useRef<HTMLPreElement>(null);
  const text = traceLines(log)
    .slice(-LINES)
    .map((line) => line.text)
    .join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls to the end after each change
  useEffect(() => box.current?.scrollTo(0, box.current.scrollHeight), [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the focus allows scrolling with the keyboard
    <pre className="log-end" ref={box} tabIndex={0} role="log" aria-label="End of the log">
      {text || 'The log is empty.'}
    </pre>
  );
}

function Content({ job }: { job: Job }) {
  const { group, text } = job.detailedStatus;
  return (
    <>
      <p className="job-facts">
        <StatusBadge group={group} text={text} />
        <span>{job.stage}</span>
        <Duration {...job} />
        {job.runner?.description && <span>on {job.runner.description}</span>}
      </p>
      {job.failure && <FailureSummary failure={job.failure} />}
      {job.trace && <LogEnd job={job} trace={job.trace} />}
    </>
  );
}

interface Props {
  id: string;
  /** The name of the job, as on the board. */
  name: string;
  onClose(): void;
}

/** The panel next to the board that shows the selected job. Escape closes it. */
export function JobPanel({ id, name, onClose }: Props) {
  const { project } = useBoard().address;
  const [{ data, error, fetching }] = useQuery({ query: panel, variables: { project, id } });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent) => key === 'Escape' && onClose();
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <aside className="job-panel" aria-label={`Job ${name}`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {name}
        </h2>
        <a href={printAddress({ screen: 'log', project, id })}>Whole log</a>
        <button type="button" aria-label="Close the job" onClick={onClose}>
          ✕
        </button>
      </header>
      {error && <Failure error={error} />}
      {fetching && !data && <p className="empty">Loading …</p>}
      {data && !data.job && <p className="empty">No such job, or your token may not see it.</p>}
      {data?.job && <Content job={data.job} />}
    </aside>
  );
}
