import { useSyncExternalStore } from 'react';

/*
 * The addresses of the screens. What follows `#/` is the path that GitLab uses after its host, so
 * that people can paste it:
 *
 *   #/?projects=a/b,c/d                       dashboard
 *   #/<full path>/-/pipelines                 pipelines of a project
 *   #/<full path>/-/pipelines/<id>            board; ?view=timeline
 *   #/<full path>/-/jobs/<id>                 log; ?line=120
 *   #/<full path>/-/stats                     statistics
 */

/** A screen, and what it shows. */
export type Address =
  | { screen: 'dashboard'; projects: string[] }
  | { screen: 'pipelines'; project: string }
  | { screen: 'board'; project: string; id: string; view: 'columns' | 'timeline' }
  | { screen: 'log'; project: string; id: string; line: number | undefined }
  | { screen: 'statistics'; project: string };

const PATH = /^\/(.+?)\/-\/(pipelines|jobs|stats)(?:\/(\d+))?\/?$/;

function parseBoard(project: string, id: string, query: URLSearchParams): Address {
  const view = query.get('view') === 'timeline' ? 'timeline' : 'columns';
  return { screen: 'board', project, id, view };
}

function parseLog(project: string, id: string, query: URLSearchParams): Address {
  const line = Number(query.get('line'));
  return { screen: 'log', project, id, line: line > 0 ? line : undefined };
}

/** Parses the part of an address from its `#` on. Returns the dashboard for an unknown one. */
export function parseAddress(hash: string): Address {
  const [path = '', search] = hash.replace(/^#/, '').split('?', 2);
  const query = new URLSearchParams(search);
  const [, project, page, id] = PATH.exec(path) ?? [];
  if (project && page === 'stats') return { screen: 'statistics', project };
  if (project && id) {
    return page === 'jobs' ? parseLog(project, id, query) : parseBoard(project, id, query);
  }
  if (project && page === 'pipelines') return { screen: 'pipelines', project };
  const projects = query.get('projects')?.split(',').filter(Boolean) ?? [];
  return { screen: 'dashboard', projects };
}

/** Returns the part of an address from its `#` on, for links. */
export function printAddress(address: Address): string {
  switch (address.screen) {
    case 'dashboard':
      return address.projects.length > 0 ? `#/?projects=${address.projects.join(',')}` : '#/';
    case 'pipelines':
      return `#/${address.project}/-/pipelines`;
    case 'board': {
      const view = address.view === 'timeline' ? '?view=timeline' : '';
      return `#/${address.project}/-/pipelines/${address.id}${view}`;
    }
    case 'log':
      return `#/${address.project}/-/jobs/${address.id}${address.line ? `?line=${address.line}` : ''}`;
    case 'statistics':
      return `#/${address.project}/-/stats`;
  }
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

/** Returns the current address; the component renders again when it changes. */
export function useAddress(): Address {
  return parseAddress(useSyncExternalStore(subscribe, () => location.hash));
}
