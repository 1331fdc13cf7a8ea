import { redirect } from './page.ts';
import { isPageView, type Route } from './server.ts';

/** Redirects browsers that open `/` to a page. `location` is relative to `/`, such as `board`. */
export function createStartPageRoute(location: string): Route {
  return (routed) => {
    if (routed.path !== '/' || !isPageView(routed.request)) return false;
    redirect(location, routed);
    return true;
  };
}
