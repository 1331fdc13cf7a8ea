import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { StatusIcon } from '../../components/status.tsx';
import { PipelineStagesDocument } from '../../generated/graphql.ts';
import { typed } from '../../operations.ts';

const stagesOf = typed(PipelineStagesDocument);

/**
 * Number of pipelines of a page whose stages are read before the user scrolls. Each costs at least
 * two calls to GitLab.
 */
const FIRST = 10;

/** Returns whether the user has scrolled, clicked or pressed a key since `isOn` became true. */
function useIsMoved(isOn: boolean): boolean {
  const [isMoved, setIsMoved] = useState(false);
  useEffect(() => {
    if (!isOn || isMoved) return undefined;
    const events = ['scroll', 'wheel', 'keydown', 'pointerdown'];
    const move = () => setIsMoved(true);
    for (const event of events) addEventListener(event, move, { passive: true });
    return () => {
      for (const event of events) removeEventListener(event, move);
    };
  }, [isOn, isMoved]);
  return isMoved;
}

/** Returns a ref for an element, and whether the element was in view since `isOn` became true. */
function useIsSeen(isOn: boolean) {
  const element = useRef<HTMLDivElement>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    if (!isOn || isSeen || !element.current) return undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) setIsSeen(true);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [isOn, isSeen]);
  return [element, isSeen] as const;
}

/**
 * Shows the stages of a pipeline as icons. Reads them when the graph is in view. From the 11th
 * pipeline of a page on, the user must also have scrolled, clicked or pressed a key.
 */
export function MiniGraph({ project, id, place }: { project: string; id: string; place: number }) {
  const isLater = place >= FIRST;
  const isMoved = useIsMoved(isLater);
  const [element, isSeen] = useIsSeen(!isLater || isMoved);
  const [{ data, error }] = useQuery({
    query: stagesOf,
    variables: { project, id },
    pause: !isSeen,
  });
  const stages = data?.pipeline?.board?.stages;
  return (
    <div ref={element} className="mini-graph">
      {stages && (
        <ul aria-label="Stages">
          {stages.map(({ name, detailedStatus: { group, text } }) => (
            <li key={name} title={`${name}: ${text}`}>
              <StatusIcon group={group} label={`${name}: ${text}`} />
            </li>
          ))}
        </ul>
      )}
      {error && <span className="empty">Stages could not be read</span>}
    </div>
  );
}
