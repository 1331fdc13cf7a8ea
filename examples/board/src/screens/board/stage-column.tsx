import { memo, useState } from 'react';
import { StatusIcon } from '../../components/status.tsx';
import { StatusBar } from '../../components/status-bar.tsx';
import { PlayStageDocument } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { ActionButton } from './action-button.tsx';
import { useBoard } from './board-context.ts';
import { JobCard } from './job-card.tsx';
import {
  countDone,
  countStatuses,
  type Group,
  isJob,
  type Job,
  jobsOf,
  type Stage,
} from './pipeline.ts';

const playStage = typed(PlayStageDocument);

/**
 * Maximums: the groups that a stage shows until it is expanded, the failed jobs of a closed group.
 */
const LIMITS = { groups: 30, failedJobs: 5 };

const hasFailed = ({ status }: Job) => status === 'FAILED';

/** Returns at most 30 groups. If there are more groups, those with failed jobs are chosen first. */
export function shorten(groups: readonly Group[]): readonly Group[] {
  if (groups.length <= LIMITS.groups) return groups;
  const isFailed = ({ jobs }: Group) => jobs.some(hasFailed);
  const sorted = [...groups.filter(isFailed), ...groups.filter((group) => !isFailed(group))];
  return sorted.slice(0, LIMITS.groups);
}

/** Shows a group of parallel or matrix jobs. A closed group shows at most 5 failed jobs. */
function JobGroup({ group, chosen }: { group: Group; chosen: string | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const { jobs, name, detailedStatus } = group;
  const failed = jobs.filter(hasFailed).slice(0, LIMITS.failedJobs);
  const shown = isOpen ? jobs : failed;
  return (
    <li className="group">
      <button type="button" data-card aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <StatusIcon group={detailedStatus.group} label={detailedStatus.text} />
        <span className="name">{name}</span>
        <span className="count">{jobs.length}</span>
        <StatusBar counts={countStatuses(jobs)} />
      </button>
      {shown.length > 0 && (
        <ul>
          {shown.map((job) => (
            <JobCard key={job.name} job={job} isChosen={isJob(job, chosen)} />
          ))}
        </ul>
      )}
    </li>
  );
}

interface Props {
  stage: Stage;
  /** The numeric id of the job in the panel. */
  chosen: string | undefined;
}

/** Shows a stage and its jobs. */
export const StageColumn = memo(function StageColumn({ stage, chosen }: Props) {
  const { pipelineId } = useBoard();
  const [isWhole, setWhole] = useState(false);
  const { name, manualCount, groups, detailedStatus } = stage;
  const { group, text } = detailedStatus;
  const jobs = jobsOf([stage]);
  const shown = isWhole ? groups : shorten(groups);
  return (
    <section className="stage" aria-label={`Stage ${name}`}>
      <header>
        <h2>
          <StatusIcon group={group} label={text} /> {name}
        </h2>
        <span className="count">
          {countDone(countStatuses(jobs))} of {jobs.length}
        </span>
        {manualCount > 1 && (
          <ActionButton
            text={`Play all ${manualCount}`}
            name={`Play all ${manualCount} manual jobs of ${name}`}
            mutation={playStage}
            variables={{ id: pipelineId, stage: name }}
          />
        )}
      </header>
      <ul>
        {shown.map((each) => {
          const [job] = each.jobs;
          return job && each.jobs.length === 1 ? (
            <JobCard key={each.name} job={job} isChosen={isJob(job, chosen)} />
          ) : (
            <JobGroup key={each.name} group={each} chosen={chosen} />
          );
        })}
      </ul>
      {shown.length < groups.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {groups.length}
        </button>
      )}
    </section>
  );
});
