import { useCalls } from '../calls.ts';

/** Shows how many calls to GitLab the queries and mutations of the screen have caused. */
export function CallsBadge() {
  const { calls, notModified } = useCalls();
  if (calls === 0) return null;
  const unchanged = notModified > 0 ? `, ${notModified} unchanged` : '';
  return (
    <output className="calls" title="Calls to GitLab for this screen">
      {calls === 1 ? '1 call' : `${calls} calls`}
      {unchanged}
    </output>
  );
}
