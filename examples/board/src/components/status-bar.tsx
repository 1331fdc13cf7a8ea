/** Numbers of jobs by status, such as `FAILED`. */
export type StatusCounts = readonly { status: string; count: number }[];

/**
 * A bar that shows how many jobs have each status. Hidden from screen readers, because text next to
 * it has the numbers.
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
