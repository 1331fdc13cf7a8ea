/** Shows the path of a project. The names of its groups are in smaller text than its own name. */
export function ProjectName({ path }: { path: string }) {
  const at = path.lastIndexOf('/') + 1;
  return (
    <span className="project">
      <small>{path.slice(0, at)}</small>
      {path.slice(at)}
    </span>
  );
}
