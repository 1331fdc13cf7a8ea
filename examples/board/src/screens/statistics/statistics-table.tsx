import { formatDuration } from 'gitlab-jobs-gateway/client';
import { type ReactNode, useState } from 'react';
import { printAddress } from '../../address.ts';
import { Ago } from '../../components/ago.tsx';
import { StatusIcon } from '../../components/status.tsx';
import type { StatisticsQuery } from '../../generated/graphql.ts';

/** The statistics of all jobs with one name, or in one group of parallel or matrix jobs. */
export type Row = NonNullable<
  NonNullable<StatisticsQuery['project']>['jobStats']
>['byName'][number];

interface Column {
  title: string;
  /** Describes the column in a sentence. */
  hint: string;
  /** The number by which rows are sorted, the greatest first. It is also the length of the bar. */
  value(row: Row): number | null;
  text(row: Row): ReactNode;
}

const percent = (rate: number | null) => (rate === null ? '' : `${Math.round(rate * 100)} %`);

const COLUMNS: Column[] = [
  {
    title: 'Failures',
    hint: 'Runs that failed, and their part of those that failed or passed',
    value: ({ failed }) => failed,
    text: ({ failed, failureRate }) => (
      <>
        {failed} <small>{failed > 0 && percent(failureRate)}</small>
      </>
    ),
  },
  {
    title: 'Flaky',
    hint: 'Pipelines in which a retry passed though the commit had not changed',
    value: ({ flaky }) => flaky,
    text: ({ flaky }) => flaky,
  },
  {
    title: 'Duration p95',
    hint: '95 % of the runs that passed were not longer; the median stands behind',
    value: ({ p95Duration }) => p95Duration,
    text: ({ p95Duration, medianDuration }) => (
      <>
        {formatDuration(p95Duration)} <small>{formatDuration(medianDuration)}</small>
      </>
    ),
  },
  {
    title: 'Queue p95',
    hint: '95 % of the runs did not wait longer for a runner',
    value: ({ p95Queued }) => p95Queued,
    text: ({ p95Queued }) => formatDuration(p95Queued),
  },
];

/** Returns the rows with the greatest values first. */
function sortRows(rows: readonly Row[], { value }: Column): Row[] {
  const number = (row: Row) => value(row) ?? -1;
  return [...rows].sort((a, b) => number(b) - number(a));
}

function BarCell({ column, row, max }: { column: Column; row: Row; max: number }) {
  const part = max > 0 ? (column.value(row) ?? 0) / max : 0;
  return (
    <td className="measure">
      {column.text(row)}
      <svg
        className="measure-bar"
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <rect width={part * 100} height="4" />
      </svg>
    </td>
  );
}

function NameCell({ project, row }: { project: string; row: Row }) {
  const { name, stage, lastRun } = row;
  return (
    <th scope="row">
      {lastRun && (
        <>
          <StatusIcon
            group={lastRun.detailedStatus.group}
            label={`Last run: ${lastRun.detailedStatus.tooltip}`}
          />{' '}
          <a
            href={printAddress({
              screen: 'log',
              project,
              id: lastRun.databaseId,
            })}
          >
            {name}
          </a>
        </>
      )}
      {!lastRun && name} <small>{stage}</small>
    </th>
  );
}

/** The table, sorted by the column whose button was pressed last. */
export function StatisticsTable({ project, rows }: { project: string; rows: readonly Row[] }) {
  const [sorted, setSorted] = useState('Failures');
  const column = COLUMNS.find(({ title }) => title === sorted);
  const maxima = COLUMNS.map(({ value }) => Math.max(...rows.map((row) => value(row) ?? 0)));
  return (
    <section className="wide" aria-label="Jobs by name">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Runs</th>
            {COLUMNS.map(({ title, hint }) => (
              <th key={title} scope="col" aria-sort={title === sorted ? 'descending' : undefined}>
                <button type="button" title={hint} onClick={() => setSorted(title)}>
                  {title}
                  <span aria-hidden="true">{title === sorted ? ' ↓' : ''}</span>
                </button>
              </th>
            ))}
            <th scope="col">Last failed</th>
          </tr>
        </thead>
        <tbody>
          {(column ? sortRows(rows, column) : rows).map((row) => (
            <tr key={row.name}>
              <NameCell project={project} row={row} />
              <td>{row.runs}</td>
              {COLUMNS.map((each, index) => (
                <BarCell key={each.title} column={each} row={row} max={maxima[index] ?? 0} />
              ))}
              <td>
                <Ago time={row.lastFailedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
