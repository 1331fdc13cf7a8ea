import { formatDuration } from 'gitlab-jobs-gateway/client';
import { memo, useMemo } from 'react';
import { printAddress } from '../../address.ts';
import { useNow } from '../../components/duration.tsx';
import { StatusIcon } from '../../components/status.tsx';
import { useBoard } from './board-context.ts';
import { type Board, isJob } from './pipeline.ts';
import {
  type Bar,
  percentOf,
  type Row,
  type Span,
  spanOf,
  ticksOf,
  timelineRows,
} from './timeline-geometry.ts';

const WORDS = {
  queued: 'waited',
  ran: 'ran',
  earlier: 'ran (earlier attempt)',
  downstream: 'downstream pipeline',
};

/** Time between two redraws of the bars of running jobs. */
const STEP_MS = 5_000;

const durationOf = ({ start, end }: Bar) => formatDuration((end - start) / 1_000) || '0s';

const describe = (bar: Bar) => `${WORDS[bar.kind]} ${durationOf(bar)}`;

/** Draws the bars of a job. */
function Bars({ row, span }: { row: Row; span: Span }) {
  return (
    <svg
      role="img"
      aria-label={`${row.job.name}: ${row.bars.map(describe).join(', ')}`}
      className={`bars status-${row.job.detailedStatus.group}`}
    >
      {row.bars.map((bar) => (
        <rect
          key={`${bar.kind} ${bar.start}`}
          className={bar.kind}
          x={`${percentOf(bar.start, span)}%`}
          width={`${percentOf(bar.end, span) - percentOf(bar.start, span)}%`}
          y={bar.kind === 'queued' ? 8 : bar.kind === 'downstream' ? 17 : 4}
          height={bar.kind === 'queued' ? 4 : bar.kind === 'downstream' ? 3 : 12}
          rx="2"
        >
          <title>{describe(bar)}</title>
        </rect>
      ))}
    </svg>
  );
}

/** Draws lines behind the bars, at round numbers of seconds, minutes or hours since the start. */
function Axis({ span }: { span: Span }) {
  return (
    <div className="axis">
      <svg aria-hidden="true">
        {ticksOf(span, 6).map((seconds) => {
          const x = `${percentOf(span.start + seconds * 1_000, span)}%`;
          return (
            <g key={seconds}>
              <line x1={x} x2={x} y1="18" y2="100%" />
              <text x={x} y="12" textAnchor="middle">
                {formatDuration(seconds)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** Summarizes in a sentence how the time was spent. */
function Summary({ board }: { board: Board }) {
  const { elapsed, running, queued, idle } = board.timeline;
  if (elapsed === null) return <p className="empty">No job has started yet.</p>;
  return (
    <p className="summary">
      {formatDuration(elapsed)} on the critical path: {formatDuration(running)} running,{' '}
      {formatDuration(queued)} waiting for a runner, {formatDuration(idle)} idle between jobs.
      <span className="legend">
        <span className="critical-mark" aria-hidden="true">
          ◆
        </span>{' '}
        critical path
      </span>
      <span className="legend waits">waits for a runner</span>
    </p>
  );
}

function Name({ row: { job, isCritical } }: { row: Row }) {
  const { address } = useBoard();
  const { group, tooltip } = job.detailedStatus;
  const href = printAddress({ ...address, job: job.databaseId });
  return (
    <div className="row-name">
      <StatusIcon group={group} label={tooltip} />
      {job.kind === 'BUILD' ? <a href={href}>{job.name}</a> : <span>{job.name}</span>}
      {isCritical && (
        <span className="critical-mark" title="Critical path" aria-label="critical path" role="img">
          ◆
        </span>
      )}
    </div>
  );
}

interface Props {
  board: Board;
  isComplete: boolean;
  chosen: string | undefined;
}

/** Shows a row for each job: how long it waited and ran. The critical path is highlighted. */
export const Timeline = memo(function Timeline({ board, isComplete, chosen }: Props) {
  const now = useNow(!isComplete, STEP_MS);
  const rows = useMemo(() => timelineRows(board, now), [board, now]);
  const span = useMemo(() => spanOf(rows), [rows]);
  return (
    <section className="timeline" aria-label="Timeline">
      <Summary board={board} />
      <div className="chart">
        {rows.length > 0 && <Axis span={span} />}
        <ol>
          {rows.map((row) => (
            <li
              key={row.job.name}
              data-critical={row.isCritical}
              data-chosen={isJob(row.job, chosen)}
            >
              <Name row={row} />
              <Bars row={row} span={span} />
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
});
