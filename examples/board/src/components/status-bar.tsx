/** Numbers of jobs by status, such as `FAILED`. */
export type StatusCounts = readonly { status: string; count: number }[];

/** How many jobs have each status, as a bar. Text beside it says the same. */
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
