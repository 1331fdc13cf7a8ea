import { createStore } from './store.ts';

/*
 * The projects that the dashboard shows if its address names none: those that were opened in this
 * browser, or the last ones of a dashboard.
 */

const KEY = 'projects';

/** How many projects a dashboard shows. Each costs two calls. */
export const MAX_PROJECTS = 25;

const store = createStore(localStorage.getItem(KEY)?.split(',').filter(Boolean) ?? []);

/** Returns the remembered projects. */
export const useProjects = store.use;

/** Remembers a list of projects instead of the earlier one. */
export function storeProjects(projects: readonly string[]): void {
  store.set([...projects]);
  localStorage.setItem(KEY, projects.join(','));
}

/** Remembers a project that was opened, too, if there is space. */
export function addProject(project: string): void {
  const known = store.get();
  if (known.includes(project) || known.length >= MAX_PROJECTS) return;
  storeProjects([...known, project]);
}

/** Reads projects that someone typed: paths or whole addresses, with spaces or commas between. */
export function parseProjects(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((each) => each.replace(/^https?:\/\/[^/]+/, '').replace(/\/-\/.*$/, ''))
    .map((each) => each.replace(/^\/+|\/+$/g, ''))
    .filter(Boolean);
}
