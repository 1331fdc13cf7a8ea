import { formatDuration } from 'gitlab-jobs-gateway/client';
import { useMutation } from 'urql';
import { printAddress } from '../../address.ts';
import { Duration } from '../../components/duration.tsx';
import { Failure } from '../../components/failure.tsx';
import { StatusIcon } from '../../components/status.tsx';
import { LogCancelDocument, LogPlayDocument, LogRetryDocument } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { Download } from './download.tsx';
import type { Job } from './log.ts';

const retry = typed(LogRetryDocument);
const play = typed(LogPlayDocument);
const cancel = typed(LogCancelDocument);

interface Props {
  job: Job;
  project: string;
}

/** Returns the action that is possible for a job now. Only its newest attempt can be retried. */
function actionOf({ id, attempts, detailedStatus: { action } }: Job) {
  const isNewest = !attempts || attempts.at(-1)?.id === id;
  return action === 'RETRY' && !isNewest ? null : action;
}

/**
 * The button for the action that is possible for a job. After a retry, it opens the new attempt.
 */
export function ActionButton({ job, project }: Props) {
  const [retried, retryJob] = useMutation(retry);
  const [played, playJob] = useMutation(play);
  const [canceled, cancelJob] = useMutation(cancel);
  const { id } = job;
  const open = async () => {
    const { data } = await retryJob({ id });
    const attempt = data?.jobRetry?.job?.databaseId;
    if (attempt) location.hash = printAddress({ screen: 'log', project, id: attempt });
  };
  const actions = {
    RETRY: { text: 'Retry', run: open },
    PLAY: { text: 'Start', run: () => playJob({ id }) },
    CANCEL: { text: 'Cancel', run: () => cancelJob({ id, force: false }) },
    FORCE_CANCEL: { text: 'Cancel at once', run: () => cancelJob({ id, force: true }) },
  };
  const action = actionOf(job);
  const results = [retried, played, canceled];
  const error = results.find((result) => result.error)?.error;
  const refusal = [retried.data?.jobRetry, played.data?.jobPlay, canceled.data?.jobCancel]
    .flatMap((payload) => payload?.errors ?? [])
    .at(0);
  return (
    <>
      {action && (
        <button
          type="button"
          disabled={results.some(({ fetching }) => fetching)}
          onClick={() => void actions[action].run()}
        >
          {actions[action].text}
        </button>
      )}
      {error && <Failure error={error} />}
      {refusal && (
        <p role="alert" className="failure">
          {refusal.message}
        </p>
      )}
    </>
  );
}

/** Lists the attempts of a job, if it has several, with links to their logs. */
function Attempts({ job, project }: Props) {
  const { attempts } = job;
  if (!attempts || attempts.length < 2) return null;
  return (
    <nav className="log-attempts" aria-label="Attempts">
      {attempts.map(({ databaseId: id, detailedStatus: { group, text } }, index) => (
        <a
          key={id}
          href={printAddress({ screen: 'log', project, id })}
          aria-current={id === job.databaseId ? 'page' : undefined}
        >
          <StatusIcon group={group} label={text} /> Attempt {index + 1}
        </a>
      ))}
    </nav>
  );
}

/** Shows the facts of a job. */
export function JobHeader({ job, project }: Props) {
  const { databaseId: id, pipeline, runner, commit, artifactsFile, trace } = job;
  const pipelineId = pipeline?.databaseId;
  return (
    <div>
      <ul className="facts">
        {pipelineId && (
          <li>
            <a href={printAddress({ screen: 'board', project, id: pipelineId })}>
              Pipeline {pipelineId}
            </a>
          </li>
        )}
        <li>Stage {job.stage}</li>
        <li>{job.ref}</li>
        {commit && (
          <li title={commit.title ?? undefined}>
            <code>{commit.shortId}</code>
          </li>
        )}
        {job.startedAt && (
          <li>
            Ran <Duration {...job} />
          </li>
        )}
        {job.queuedDuration != null && <li>Waited {formatDuration(job.queuedDuration)}</li>}
        {runner && <li>Runner {runner.description ?? runner.databaseId}</li>}
        {Number(trace?.byteSize) > 0 && (
          <li>
            <Download
              path={`/jobs/${encodeURIComponent(project)}/${id}/trace?download=1`}
              name={`${id}.log`}
            >
              Raw log
            </Download>
          </li>
        )}
        {artifactsFile?.downloadUrl && (
          <li>
            <Download
              path={artifactsFile.downloadUrl}
              name={artifactsFile.filename ?? 'artifacts.zip'}
            >
              Artifacts
            </Download>
          </li>
        )}
      </ul>
      <Attempts job={job} project={project} />
    </div>
  );
}
