import { type ReactNode, useEffect, useRef } from 'react';

/** Whether a screen was shown before: then a heading takes the focus, as after loading a page. */
let isNavigation = false;

/**
 * The heading of a screen. `title` is the title of the page. Takes the focus when the screen opens,
 * so that screen readers read it and Tab continues there.
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
