// The address names the view, so that it can be kept, sent and gone back to.
import { Store } from './store';

export type Route =
  | { view: 'watch'; camera: string | null }
  // One event, or the list of those that the filter lets through; an empty camera or class means all.
  | { view: 'events'; id: string | null; camera: string; class: string }
  | { view: 'memory' }
  | { view: 'health' }
  | { view: 'unknown'; path: string };

export const allEvents = { view: 'events', id: null, camera: '', class: '' } as const;

// `address`: path and query.
export function parseRoute(address: string): Route {
  const [path = '', query = ''] = address.split(/\?(.*)/s);
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second] = parts;
  if (parts.length === 0) return { view: 'watch', camera: null };
  if (first === 'watch' && parts.length === 1) return { view: 'watch', camera: null };
  if (first === 'watch' && second !== undefined && parts.length === 2) {
    const camera = decode(second);
    if (camera !== null) return { view: 'watch', camera };
  }
  if (first === 'events' && parts.length <= 2) {
    const id = second === undefined ? null : decode(second);
    const filter = new URLSearchParams(query);
    if (second === undefined || id !== null) return { view: 'events', id, camera: filter.get('camera') ?? '', class: filter.get('class') ?? '' };
  }
  if (first === 'memory' && parts.length === 1) return { view: 'memory' };
  if (first === 'health' && parts.length === 1) return { view: 'health' };
  return { view: 'unknown', path };
}

export function pathOf(route: Route): string {
  switch (route.view) {
    case 'watch':
      return route.camera === null ? '/' : `/watch/${encodeURIComponent(route.camera)}`;
    case 'events':
      return `/events${route.id === null ? '' : `/${encodeURIComponent(route.id)}`}${queryOf({ camera: route.camera, class: route.class })}`;
    case 'memory':
      return '/memory';
    case 'health':
      return '/health';
    case 'unknown':
      return route.path;
  }
}

// What is empty is left out.
export function queryOf(values: Record<string, string>): string {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString();
  return query === '' ? '' : `?${query}`;
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
  const read = () => route.set(parseRoute(location.pathname + location.search));
  addEventListener('popstate', read);
  read();
}

export function go(next: Route): void {
  const address = pathOf(next);
  if (address === location.pathname + location.search) return;
  history.pushState(null, '', address);
  route.set(next);
  scrollTo(0, 0);
}

// A click on a link within the page; with a key held it opens a tab of its own, as for any link.
export function follow(event: MouseEvent, next: Route): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(next);
}
