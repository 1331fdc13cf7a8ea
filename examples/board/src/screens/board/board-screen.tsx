import { useCallback, useMemo } from 'react';
import { printAddress } from '../../address.ts';
import { Failure } from '../../components/failure.tsx';
import { Heading } from '../../components/heading.tsx';
import { StatusBadge } from '../../components/status.tsx';
import { type BoardAddress, BoardContext, useBoard } from './board-context.ts';
import { BoardHeader } from './board-header.tsx';
import { Columns } from './columns.tsx';
import { Downstream } from './downstream.tsx';
import { JobPanel } from './job-panel.tsx';
import { isJob, jobsOf, type Pipeline } from './pipeline.ts';
import { Timeline } from './timeline.tsx';
import { useLivePipeline } from './use-live-pipeline.ts';
import './board.css';

/** Shows a pipeline that was found. */
function Content({ pipeline, chosen }: { pipeline: Pipeline; chosen: string | undefined }) {
  const { address } = useBoard();
  const { board, complete } = pipeline;
  const stages = board?.stages ?? [];
  const job = jobsOf(stages).find((each) => isJob(each, chosen));
  const close = useCallback(() => {
    location.hash = printAddress(address);
    const card = printAddress({ ...address, job: chosen });
    document.querySelector<HTMLElement>(`a[href="${card}"]`)?.focus();
  }, [address, chosen]);
  return (
    <>
      {board?.gaps.map(({ message }) => (
        <p key={message} className="gap">
          Not complete: {message}
        </p>
      ))}
      <Downstream stages={stages} />
      <div className="board" data-has-panel={Boolean(chosen)}>
        {board && address.view === 'timeline' ? (
          <Timeline board={board} isComplete={complete} chosen={chosen} />
        ) : (
          <Columns stages={stages} chosen={chosen} />
        )}
        {chosen && (
          <JobPanel key={chosen} id={chosen} name={job?.name ?? `Job ${chosen}`} onClose={close} />
        )}
      </div>
    </>
  );
}

/** The live board of a pipeline: columns or timeline, and the selected job in a panel. */
export function BoardScreen({ project, id, view, job: chosen }: BoardAddress) {
  const { pipeline, error, isLive, follow } = useLivePipeline(project, id);
  const pipelineId = pipeline?.id ?? '';
  const title = pipeline?.name ?? `Pipeline #${id}`;
  const context = useMemo(() => {
    const address = { screen: 'board', project, id, view } as const;
    return { address, pipelineId, onAction: follow };
  }, [project, id, view, pipelineId, follow]);
  return (
    <BoardContext value={context}>
      <div className="board-screen">
        <Heading title={title}>
          {pipeline && <StatusBadge {...pipeline.detailedStatus} />} {title}
        </Heading>
        {error && <Failure error={error} />}
        {pipeline === undefined && !error && <p className="empty">Loading …</p>}
        {pipeline === null && !error && (
          <p className="empty">No such pipeline, or your token may not see it.</p>
        )}
        {pipeline && (
          <>
            <BoardHeader pipeline={pipeline} isLive={isLive} />
            <Content pipeline={pipeline} chosen={chosen} />
          </>
        )}
      </div>
    </BoardContext>
  );
}
