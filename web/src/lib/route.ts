// The address names the view, so that it can be kept, sent and gone back to.
import { Store } from './store';

export type Route =
  | { view: 'watch'; camera: string | null }
  | { view: 'memory' }
  | { view: 'health' }
  | { view: 'unknown'; path: string };

export function parseRoute(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second] = parts;
  if (parts.length === 0) return { view: 'watch', camera: null };
  if (first === 'watch' && parts.length === 1) return { view: 'watch', camera: null };
  if (first === 'watch' && second !== undefined && parts.length === 2) {
    const camera = decode(second);
    if (camera !== null) return { view: 'watch', camera };
  }
  if (first === 'memory' && parts.length === 1) return { view: 'memory' };
  if (first === 'health' && parts.length === 1) return { view: 'health' };
  return { view: 'unknown', path };
}

export function pathOf(route: Route): string {
  switch (route.view) {
    case 'watch':
      return route.camera === null ? '/' : `/watch/${encodeURIComponent(route.camera)}`;
    case 'memory':
      return '/memory';
    case 'health':
      return '/health';
    case 'unknown':
      return route.path;
  }
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;  // a lone % is no name
  }
}

export const route = new Store<Route>({ view: 'watch', camera: null });

export function startRouting(): void {
  const read = () => route.set(parseRoute(location.pathname));
  addEventListener('popstate', read);
  read();
}

export function go(next: Route): void {
  const path = pathOf(next);
  if (path === location.pathname) return;
  history.pushState(null, '', path);
  route.set(next);
  scrollTo(0, 0);
}
