import { type ReactNode, useEffect, useRef } from 'react';

/** Whether another screen was shown before. Only then does a heading take the focus. */
let isNavigation = false;

/**
 * The heading of a screen. `title` is also the title of the page. Takes the focus when the screen
 * opens, so that screen readers read the heading and Tab continues from there.
 */
export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  const element = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isNavigation) element.current?.focus();
    isNavigation = true;
  }, []);
  useEffect(() => {
    document.title = `${title} · GitLab jobs`;
  }, [title]);
  return (
    <h1 ref={element} tabIndex={-1}>
      {children ?? title}
    </h1>
  );
}
