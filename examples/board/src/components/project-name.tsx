/** The path of a project: its groups stand back. */
export function ProjectName({ path }: { path: string }) {
  const at = path.lastIndexOf('/') + 1;
  return (
    <span className="project">
      <small>{path.slice(0, at)}</small>
      {path.slice(at)}
    </span>
  );
}
