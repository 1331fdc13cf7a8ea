/** Numbers of jobs by status (`FAILED`) or by `DetailedStatus.group` (`failed-with-warnings`). */
export type StatusCounts = readonly { status: string; count: number }[];

/**
 * A bar that shows how many jobs have each status. Hidden from screen readers, which read the text
 * next to it.
 */
export function StatusBar({ counts }: { counts: StatusCounts }) {
  return (
    <span className="status-bar" aria-hidden="true">
      {counts.map(({ status, count }) => (
        <span
          key={status}
          className={`status-${status.toLowerCase()}`}
          style={{ flexGrow: count }}
        />
      ))}
    </span>
  );
}
