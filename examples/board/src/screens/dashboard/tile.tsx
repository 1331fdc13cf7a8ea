import { printAddress } from '../../address.ts';
import { Ago } from '../../components/ago.tsx';
import { ProjectName } from '../../components/project-name.tsx';
import { StatusBadge, StatusIcon } from '../../components/status.tsx';
import { StatusBar } from '../../components/status-bar.tsx';
import type { Tile as TileContent, TileJob } from './live-jobs.ts';

/** Maximum failed jobs that a tile lists. */
const MAX_FAILED = 8;

interface Count {
  group: string;
  text: string;
  count: number;
}

/** Counts jobs by status, the most frequent status first. */
function countByStatus(jobs: readonly TileJob[]): Count[] {
  const counts = new Map<string, Count>();
  for (const { detailedStatus } of jobs) {
    const { group, text } = detailedStatus;
    const count = counts.get(group)?.count ?? 0;
    counts.set(group, { group, text, count: count + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

function FailedJobs({ project, jobs }: { project: string; jobs: readonly TileJob[] }) {
  if (jobs.length === 0) return null;
  const rest = jobs.length - MAX_FAILED;
  return (
    <ul className="failed-jobs" aria-label="Failed jobs">
      {jobs.slice(0, MAX_FAILED).map(({ databaseId: id, name, detailedStatus }) => (
        <li key={id} className={`status-${detailedStatus.group}`}>
          <StatusIcon group={detailedStatus.group} label={detailedStatus.tooltip} />
          <a href={printAddress({ screen: 'log', project, id })}>{name}</a>
        </li>
      ))}
      {rest > 0 && <li>and {rest} more</li>}
    </ul>
  );
}

interface CountsProps {
  jobs: readonly TileJob[];
  /** Whether the pipeline has jobs that were not read. */
  hasMore: boolean;
}

function Counts({ jobs, hasMore }: CountsProps) {
  return (
    <ul className="counts" aria-label="Other jobs">
      {countByStatus(jobs).map(({ group, text, count }) => (
        <li key={group}>
          <StatusIcon group={group} label={text} /> {count} {text.toLowerCase()}
        </li>
      ))}
      {hasMore && <li>of the newest 100</li>}
    </ul>
  );
}

function PipelineOfTile({ project, tile }: { project: string; tile: TileContent }) {
  const { pipeline, jobs, hasMore } = tile;
  if (!pipeline) return <p className="empty">No pipelines.</p>;
  const { databaseId: id, ref, createdAt, detailedStatus } = pipeline;
  return (
    <>
      <p className="facts">
        <StatusBadge {...detailedStatus} />
        <a href={printAddress({ screen: 'board', project, id })}>#{id}</a>
        <span className="ref">{ref}</span>
        <Ago time={createdAt} />
      </p>
      <FailedJobs project={project} jobs={jobs.filter(({ status }) => status === 'FAILED')} />
      <Counts jobs={jobs.filter(({ status }) => status !== 'FAILED')} hasMore={hasMore} />
      <StatusBar
        counts={countByStatus(jobs).map(({ group, count }) => ({ status: group, count }))}
      />
    </>
  );
}

interface TileProps {
  project: string;
  /** Undefined until the project is read, and if it cannot be read. */
  tile: TileContent | undefined;
  /** Why the project could not be read; undefined if it could. */
  problem: string | undefined;
  onRemove(): void;
}

/** A project on the dashboard. */
export function Tile({ project, tile, problem, onRemove }: TileProps) {
  return (
    <li className={`tile status-${tile?.pipeline?.detailedStatus.group ?? 'unknown'}`}>
      <div className="tile-title">
        <h2>
          <a href={printAddress({ screen: 'pipelines', project })}>
            <ProjectName path={project} />
          </a>
        </h2>
        <button
          type="button"
          className="quiet"
          aria-label={`Remove ${project}`}
          title="Remove from the dashboard"
          onClick={onRemove}
        >
          ×
        </button>
      </div>
      {problem && <p className="problem">{problem}</p>}
      {tile && <PipelineOfTile project={project} tile={tile} />}
      {!tile && !problem && <p className="empty">Loading …</p>}
    </li>
  );
}
