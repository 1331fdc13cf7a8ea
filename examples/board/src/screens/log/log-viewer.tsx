import { traceLines } from 'gitlab-jobs-gateway/client';
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { printAddress } from '../../address.ts';
import { Failure } from '../../components/failure.tsx';
import { growSections, toFolds, toSections, unfold, visibleLines } from './folds.ts';
import { useKeys } from './keys.ts';
import { useLiveLog } from './live-log.ts';
import { appendedLines, type Job, type Log, lineRange, type Trace } from './log.ts';
import { LogLines } from './log-lines.tsx';
import { ERROR_WORDS, matchingLines, nextOf } from './search.ts';
import { Stepper } from './stepper.tsx';

interface Props {
  job: Job;
  trace: Trace;
  project: string;
  /** The line in the address. */
  line: number | undefined;
  /** Called when the job is finished and its whole log has arrived. */
  onComplete(): void;
}

/** Returns the visible lines of a log, its sections, and the state that folds them. */
function useFolds(log: Log, trace: Trace) {
  const [first, last] = lineRange(trace);
  const folds = useMemo(() => {
    const sections = growSections(toSections(trace), appendedLines(log, last));
    return toFolds(sections);
  }, [log, trace, last]);
  const [folded, setFolded] = useState<ReadonlySet<number>>(() => {
    const collapsed = [...folds].filter(([, { collapsed }]) => collapsed);
    return new Set(collapsed.map(([line]) => line));
  });
  const rows = useMemo(
    () => visibleLines([first, log.lineCount], folds, folded),
    [first, log, folds, folded],
  );
  return { folds, folded, setFolded, rows };
}

/**
 * Returns the numbers of the lines that look like errors: of the loaded log at most the first 100,
 * and of the appended lines all. `count` is the number of all such lines.
 */
function useErrors(log: Log, trace: Trace) {
  return useMemo(() => {
    const { excerpts, matchCount } = trace.search;
    const appended = matchingLines(appendedLines(log, lineRange(trace)[1]), ERROR_WORDS);
    const lines = [...excerpts.flatMap(({ matchedNumbers }) => matchedNumbers), ...appended];
    return { lines, set: new Set(lines), count: matchCount + appended.length };
  }, [log, trace]);
}

function Viewer({ job, trace, project, line, log }: Omit<Props, 'onComplete'> & { log: Log }) {
  const { folds, folded, setFolded, rows } = useFolds(log, trace);
  const errors = useErrors(log, trace);
  const [query, setQuery] = useState('');
  const matches = useMemo(
    () => (query ? matchingLines(traceLines(log), [query]) : []),
    [log, query],
  );
  // Opens the log of a failed job at its first error.
  const [opened] = useState(
    () => job.failure && (job.failure.log?.errors[0]?.number ?? errors.lines[0]),
  );
  const [target, setTarget] = useState<{ line: number }>();
  const [isFollowing, setFollowing] = useState(!job.complete);
  const [isWrapped, setWrapped] = useState(false);
  const search = useRef<HTMLInputElement>(null);

  const hrefOf = (number: number) =>
    printAddress({ screen: 'log', project, id: job.databaseId, line: number });
  const show = (number: number) => {
    setFollowing(false);
    setFolded((known) => unfold(number, folds, known));
    setTarget({ line: number });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs only when the line changes
  useLayoutEffect(() => {
    const number = line ?? opened;
    if (number) show(number);
  }, [line]);
  const step = (lines: readonly number[], direction: 1 | -1) => {
    // The first step goes to the error at which the log was opened, instead of skipping it.
    const from = line ?? (opened ? opened - direction : 0);
    const next = nextOf(lines, from, direction);
    if (next === undefined) return;
    if (next === line) show(next);
    else location.replace(hrefOf(next));
  };
  useKeys({
    n: () => step(errors.lines, 1),
    p: () => step(errors.lines, -1),
    '/': () => search.current?.focus(),
  });
  const pressInSearch = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') step(matches, event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') event.currentTarget.blur();
  };
  const toggle = (number: number) => {
    const next = new Set(folded);
    if (!next.delete(number)) next.add(number);
    setFolded(next);
  };
  const isAllFolded = [...folds.keys()].every((first) => folded.has(first));

  return (
    <section className={`viewer${isWrapped ? ' wrapped' : ''}`} aria-label="Log with its tools">
      <div className="tools">
        <input
          ref={search}
          type="search"
          aria-label="Search in the log"
          aria-keyshortcuts="/"
          placeholder="Search ( / )"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={pressInSearch}
        />
        {query && (
          <Stepper
            name="match"
            plural="matches"
            count={matches.length}
            lines={matches}
            current={line}
            onStep={(direction) => step(matches, direction)}
          />
        )}
        <Stepper
          name="error line"
          plural="error lines"
          count={errors.count}
          lines={errors.lines}
          current={line}
          onStep={(direction) => step(errors.lines, direction)}
        />
        {folds.size > 0 && (
          <button type="button" onClick={() => setFolded(new Set(isAllFolded ? [] : folds.keys()))}>
            {isAllFolded ? 'Unfold all' : 'Fold all'}
          </button>
        )}
        <button type="button" aria-pressed={isWrapped} onClick={() => setWrapped(!isWrapped)}>
          Wrap lines
        </button>
        {!job.complete && (
          <button
            type="button"
            aria-pressed={isFollowing}
            onClick={() => setFollowing(!isFollowing)}
          >
            Follow
          </button>
        )}
      </div>
      <LogLines
        log={log}
        rows={rows}
        folds={folds}
        folded={folded}
        errors={errors.set}
        query={query}
        current={line}
        target={target}
        isFollowing={!job.complete && isFollowing}
        hrefOf={hrefOf}
        onFold={toggle}
        onLeaveEnd={() => setFollowing(false)}
      />
    </section>
  );
}

/** Explains why a log has no lines. */
function emptyText({ erasedAt, complete, startedAt }: Job): string {
  if (erasedAt) return 'The log was erased.';
  if (complete) return 'The job has no log.';
  return startedAt ? 'The log is still empty.' : 'The log begins when the job starts.';
}

/** Shows the log of a job, with search and other tools. The log grows while the job runs. */
export function LogViewer({ onComplete, ...props }: Props) {
  const { job, trace } = props;
  const { log, error } = useLiveLog(job);
  const isAtEnd = !job.complete && log?.complete;
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once, at the end of the log
  useEffect(() => {
    if (isAtEnd) onComplete();
  }, [isAtEnd]);
  return (
    <>
      {error && <Failure error={error} />}
      {trace.truncated && (
        <p className="empty">The beginning of the log is missing: it is too long.</p>
      )}
      {log && log.lineCount > 0 ? (
        <Viewer {...props} log={log} />
      ) : (
        <p className="empty">{emptyText(job)}</p>
      )}
    </>
  );
}
