import { formatDuration, traceLine } from 'gitlab-jobs-gateway/client';
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { VList, type VListHandle } from 'virtua';
import type { Fold, Folds } from './folds.ts';
import type { Line, Log } from './log.ts';
import { markMatches } from './search.ts';

const LINE_HEIGHT = 20;
/** Indentation of a section relative to the section around it, in pixels. */
const INDENT = 16;

/** A button that copies the URL of the page, which contains the line number. */
function CopyButton() {
  const [isCopied, setCopied] = useState(false);
  // Browsers allow access to the clipboard on secure pages only.
  if (!navigator.clipboard) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    setCopied(true);
  };
  return (
    <button type="button" className="copy" onClick={() => void copy()}>
      {isCopied ? 'Copied' : 'Copy link'}
    </button>
  );
}

interface RowProps {
  line: Line;
  href: string;
  isCurrent: boolean;
  isError: boolean;
  /** The text to search for. */
  query: string;
  /** The section that begins at the line, if any. */
  fold: Fold | undefined;
  isFolded: boolean;
  onFold(): void;
}

function Row({ line, href, isCurrent, isError, query, fold, isFolded, onFold }: RowProps) {
  const { number } = line;
  // biome-ignore lint/security/noDangerouslySetInnerHtml: the gateway escapes the text of the job
  const text = <span dangerouslySetInnerHTML={{ __html: markMatches(line.html, query) }} />;
  return (
    <div
      className={`line${isError ? ' error' : ''}`}
      aria-current={isCurrent ? 'location' : undefined}
    >
      <a href={href} aria-label={`Line ${number}`}>
        {number}
      </a>
      {fold ? (
        <button
          type="button"
          className="fold"
          aria-expanded={!isFolded}
          style={{ marginLeft: fold.depth * INDENT }}
          onClick={onFold}
        >
          {text}
        </button>
      ) : (
        text
      )}
      {isCurrent && <CopyButton />}
      {fold && fold.duration !== null && <small>{formatDuration(fold.duration)}</small>}
    </div>
  );
}

interface Props {
  log: Log;
  /** The numbers of the visible lines. */
  rows: readonly number[];
  folds: Folds;
  folded: ReadonlySet<number>;
  errors: ReadonlySet<number>;
  query: string;
  /** The line in the address. */
  current: number | undefined;
  /** The line to scroll to. A new object scrolls again, even to the same line. */
  target: { line: number } | undefined;
  /** Whether to keep the end of the log in view while it grows. */
  isFollowing: boolean;
  hrefOf(line: number): string;
  onFold(line: number): void;
  /** Called when the reader scrolls away from the end of the log. */
  onLeaveEnd(): void;
}

/**
 * Keeps the end of the list in view while `isFollowing`. Returns a function to call with the new
 * offset after scrolling.
 */
function useFollow(list: RefObject<VListHandle | null>, { rows, isFollowing, onLeaveEnd }: Props) {
  const offset = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when the rows change
  useEffect(() => {
    if (isFollowing) list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [rows, isFollowing]);
  return (next: number) => {
    if (next < offset.current && isFollowing) onLeaveEnd();
    offset.current = next;
  };
}

/** Scrolls to a line, unless it is already in view. */
function bringIntoView(list: VListHandle, index: number): void {
  const top = list.getItemOffset(index) - list.scrollOffset;
  const isInView = top >= 0 && top + LINE_HEIGHT <= list.viewportSize;
  if (!isInView) list.scrollToIndex(index, { align: 'center' });
}

/** Shows the lines of a log. Only the lines in view have elements in the page. */
export function LogLines(props: Props) {
  const { log, rows, folds, folded, errors, query, current, target, hrefOf, onFold } = props;
  const list = useRef<VListHandle>(null);
  const onScroll = useFollow(list, props);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls only when the target changes
  useLayoutEffect(() => {
    const index = target ? rows.indexOf(target.line) : -1;
    if (index >= 0 && list.current) bringIntoView(list.current, index);
  }, [target]);
  return (
    <VList
      ref={list}
      className="lines"
      role="region"
      aria-label="Log"
      tabIndex={0}
      data={rows}
      itemSize={LINE_HEIGHT}
      onScroll={onScroll}
    >
      {(number) => (
        <Row
          key={number}
          line={traceLine(log, number) ?? { number, html: '' }}
          href={hrefOf(number)}
          isCurrent={number === current}
          isError={errors.has(number)}
          query={query}
          fold={folds.get(number)}
          isFolded={folded.has(number)}
          onFold={() => onFold(number)}
        />
      )}
    </VList>
  );
}
