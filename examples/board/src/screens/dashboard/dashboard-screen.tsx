import { type FormEvent, useEffect } from 'react';
import { type CombinedError, useQuery, useSubscription } from 'urql';
import { type Address, printAddress } from '../../address.ts';
import { Failure, isUnauthenticated } from '../../components/failure.tsx';
import { Heading } from '../../components/heading.tsx';
import {
  DashboardDocument,
  DashboardUpdatesDocument,
  type DashboardUpdatesSubscription,
} from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';
import { MAX_PROJECTS, parseProjects, storeProjects, useProjects } from '../../projects.ts';
import { addUpdate, type Live, tileOf, type Unread } from './live-jobs.ts';
import { NewestJobs } from './newest-jobs.tsx';
import { Tile } from './tile.tsx';
import './dashboard.css';

const dashboard = typed(DashboardDocument);
const updates = typed(DashboardUpdatesDocument);

/** Maximum rows in the list of newest jobs. */
const MAX_ROWS = 20;

/** Explains why a project cannot be read, by error code. */
const PROBLEMS: Record<string, string> = {
  NOT_FOUND: 'No such project, or your token may not see it.',
  FORBIDDEN: 'Your token is not allowed to read its pipelines.',
};

const problemOf = ({ code, message }: { code: string; message: string }) =>
  PROBLEMS[code] ?? message;

/** Returns why projects cannot be read, by project, as reported by the query or by an update. */
function listProblems(
  projects: readonly string[],
  error: CombinedError | undefined,
  unread: readonly Unread[] = [],
): Map<string, string> {
  const problems = new Map(unread.map((each) => [each.project, problemOf(each)]));
  for (const { path, message, extensions } of error?.graphQLErrors ?? []) {
    const project = projects[Number(path?.[1])];
    if (project) problems.set(project, problemOf({ code: String(extensions['code']), message }));
  }
  return problems;
}

interface ChoiceProps {
  projects: readonly string[];
  branch: string;
  onChange(projects: readonly string[], ref: string): void;
}

/** A form that adds projects and chooses the branch. */
function Choice({ projects, branch, onChange }: ChoiceProps) {
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    const added = parseProjects(String(fields.get('project')));
    onChange([...new Set([...projects, ...added])], String(fields.get('ref')).trim());
    form.querySelector('input')?.focus();
  };
  return (
    <form key={`${projects.length} ${branch}`} className="choice" onSubmit={add}>
      <input name="project" aria-label="Project to add" placeholder="group/project" />
      <input name="ref" aria-label="Branch" placeholder="any branch" defaultValue={branch} />
      <button type="submit">Add</button>
    </form>
  );
}

/**
 * Returns at most MAX_PROJECTS projects: the projects in the address or, if the address has none,
 * the remembered projects. Remembers the projects in the address. A positive `omitted` is the
 * number of projects beyond MAX_PROJECTS.
 */
function useChoice(address: Extract<Address, { screen: 'dashboard' }>) {
  const known = useProjects();
  const named = address.projects.length > 0 ? address.projects : known;
  const list = address.projects.join();
  useEffect(() => {
    if (list) storeProjects(list.split(','));
  }, [list]);
  return { projects: named.slice(0, MAX_PROJECTS), omitted: named.length - MAX_PROJECTS };
}

function useLive(projects: readonly string[]): Live | undefined {
  const [{ data }] = useSubscription<DashboardUpdatesSubscription, Live>(
    { query: updates, variables: { projects: [...projects] }, pause: projects.length === 0 },
    (before, { jobsUpdated }) => addUpdate(before, jobsUpdated),
  );
  return data;
}

/** The newest pipelines and jobs of many projects, live. */
export function DashboardScreen(address: Extract<Address, { screen: 'dashboard' }>) {
  const { projects, omitted } = useChoice(address);
  const branch = address.ref ?? '';
  const [{ data, error, fetching }] = useQuery({
    query: dashboard,
    variables: { projects, ref: branch || null },
    pause: projects.length === 0,
  });
  const live = useLive(projects);
  const isFailed = error && (isUnauthenticated(error) || !data);
  const problems = listProblems(projects, error, live?.unread);
  const change = (next: readonly string[], ref: string) => {
    storeProjects(next);
    location.hash = printAddress({ screen: 'dashboard', projects: [...next], ref });
  };
  const tiles = projects.map((project, index) => {
    const read = data?.projects[index];
    const isMissing = !fetching && read?.pipelines === null;
    return (
      <Tile
        key={project}
        project={project}
        tile={read?.pipelines ? tileOf(read, live, branch) : undefined}
        problem={problems.get(project) ?? (isMissing ? PROBLEMS['NOT_FOUND'] : undefined)}
        onRemove={() =>
          change(
            projects.filter((each) => each !== project),
            branch,
          )
        }
      />
    );
  });
  return (
    <>
      <div className="title">
        <Heading title="Dashboard" />
        <Choice projects={projects} branch={branch} onChange={change} />
      </div>
      {omitted > 0 && <p className="empty">Shows the first {MAX_PROJECTS} projects.</p>}
      {isFailed && <Failure error={error} />}
      {projects.length === 0 && (
        <p className="empty">Add the path of a project, such as group/project, to see it here.</p>
      )}
      {!isFailed && (
        <>
          <ul className="tiles" aria-busy={fetching}>
            {tiles}
          </ul>
          {live && live.jobs.length > 0 && <NewestJobs jobs={live.jobs.slice(0, MAX_ROWS)} />}
        </>
      )}
    </>
  );
}
