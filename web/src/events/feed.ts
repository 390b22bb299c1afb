// One list of events for each filter, kept while the page is open: the list, the single view and an event's neighbours share it.
import { useEffect } from 'preact/hooks';
import { fetchJson, words } from '../lib/http';
import { neverPolled, startPolling } from '../lib/poll';
import { queryOf } from '../lib/route';
import { Store, useStore } from '../lib/store';
import { visible } from '../lib/visible';
import { link } from '../wire/connection';
import { shapeEvents, type EventPage } from './event';
import { pageSize, takeNewest, takeOlder, type EventList } from './list';

const everyMs = 2000;
const keptFeeds = 12;

export interface FeedState {
  list: EventList | null;
  error: string | null;       // why the newest could not be had; tried again by itself
  older: 'idle' | 'loading';
  olderError: string | null;
}

// Every class that any list has shown, for the filter.
export const seenClasses = new Store<readonly string[]>([]);

function noteClasses(page: EventPage): void {
  const known = new Set(seenClasses.value);
  for (const event of page.events) known.add(event.class);
  if (known.size > seenClasses.value.length) seenClasses.set([...known].sort());
}

export class Feed {
  readonly state = new Store<FeedState>({ list: null, error: null, older: 'idle', olderError: null });
  private users = 0;
  private stop: (() => void) | null = null;

  constructor(readonly camera: string, readonly className: string) {}

  private path(before = ''): string {
    return `/api/events${queryOf({ camera: this.camera, class: this.className, before, limit: String(pageSize) })}`;
  }

  // Asks for the newest as long as anyone uses it and somebody can see the page.
  use(): () => void {
    this.users += 1;
    const leave = [visible.subscribe(() => this.turn()), link.subscribe(() => this.turn())];
    this.turn();
    return () => {
      this.users -= 1;
      leave.forEach((one) => one());
      this.turn();
    };
  }

  async loadOlder(): Promise<void> {
    const { list, older } = this.state.value;
    const last = list?.events[list.events.length - 1];
    if (list === null || last === undefined || list.end || older === 'loading') return;
    this.state.set({ ...this.state.value, older: 'loading', olderError: null });
    try {
      const page = shapeEvents(await fetchJson(this.path(last.id), {}));
      noteClasses(page);
      const now = this.state.value;
      this.state.set({ ...now, older: 'idle', list: now.list && takeOlder(now.list, page) });
    } catch (cause) {
      this.state.set({ ...this.state.value, older: 'idle', olderError: words(cause) });
    }
  }

  private turn(): void {
    const on = this.users > 0 && visible.value && link.value.phase === 'open';
    if (on && this.stop === null) {
      this.stop = startPolling(this.path(), everyMs, shapeEvents, ({ data, error }) => {
        const before = this.state.value;
        if (error !== null || data === null) return this.state.set({ ...before, error });
        noteClasses(data);
        this.state.set({ ...before, error: null, list: takeNewest(before.list, data) });
      }, neverPolled);
    }
    if (!on && this.stop !== null) {
      this.stop();
      this.stop = null;
    }
  }
}

const feeds = new Map<string, Feed>();

export function feedOf(camera: string, className: string): Feed {
  const key = queryOf({ camera, class: className });
  const feed = feeds.get(key) ?? new Feed(camera, className);
  // The one that was used last is the last to go.
  feeds.delete(key);
  feeds.set(key, feed);
  if (feeds.size > keptFeeds) feeds.delete(feeds.keys().next().value ?? '');
  return feed;
}

export function useFeed(feed: Feed): FeedState {
  useEffect(() => feed.use(), [feed]);
  return useStore(feed.state);
}
