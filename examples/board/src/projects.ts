import { createStore } from './store.ts';

/*
 * The projects that the dashboard shows if its address has none: the projects of the last
 * dashboard, and projects that were opened since. They are stored in the browser.
 */

const KEY = 'projects';

/** Maximum projects on a dashboard. Each costs two calls to GitLab. */
export const MAX_PROJECTS = 25;

const store = createStore(localStorage.getItem(KEY)?.split(',').filter(Boolean) ?? []);

/** Returns the remembered projects. */
export const useProjects = store.use;

/** Replaces the remembered projects. */
export function storeProjects(projects: readonly string[]): void {
  store.set([...projects]);
  localStorage.setItem(KEY, projects.join(','));
}

/** Remembers a project that was opened, unless MAX_PROJECTS projects are already remembered. */
export function addProject(project: string): void {
  const known = store.get();
  if (known.includes(project) || known.length >= MAX_PROJECTS) return;
  storeProjects([...known, project]);
}

/** Parses projects that a user typed: paths or URLs, separated by spaces or commas. */
export function parseProjects(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((each) => each.replace(/^https?:\/\/[^/]+/, '').replace(/\/-\/.*$/, ''))
    .map((each) => each.replace(/^\/+|\/+$/g, ''))
    .filter(Boolean);
}
