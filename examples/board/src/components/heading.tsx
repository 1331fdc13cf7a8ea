import { type ReactNode, useEffect, useRef } from 'react';

/** Whether a screen was shown before. A heading of the first screen does not take the focus. */
let isNavigation = false;

/**
 * The heading of a screen. `title` is also the title of the page. Takes the focus when the user
 * goes to another screen, so that screen readers read the heading and Tab continues from there.
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
