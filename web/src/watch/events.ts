// What has happened on a stream, for people: changes of state, and stretches in which something was seen.
import { Store } from '../lib/store';
import { duration, plural } from '../lib/format';
import type { BoxSet, StreamInfo } from '../wire/messages';

export interface WatchEvent {
  id: number;
  atMs: number;    // wall time at which it began
  kind: 'state' | 'seen';
  what: string;    // state, or class
  detail: string;
}

// Looks without the class for longer than this end a stretch.
const apartUs = 2_000_000;
const kept = 100;

interface Stretch {
  event: WatchEvent;
  firstUs: number;
  lastUs: number;
  most: number;
}

export class EventLog {
  private events: WatchEvent[] = [];  // newest first
  private readonly open = new Map<string, Stretch>();
  private nextId = 1;

  list(): readonly WatchEvent[] {
    return this.events;
  }

  // True when something for people has changed.
  state(info: StreamInfo, nowMs: number): boolean {
    const last = this.events.find((event) => event.kind === 'state');
    if (last?.what === info.state && last.detail === info.reason) return false;
    this.push({ atMs: info.sinceMs > 0 ? Math.min(info.sinceMs, nowMs) : nowMs, kind: 'state', what: info.state, detail: info.reason });
    return true;
  }

  boxes(set: BoxSet, nowMs: number): boolean {
    const found = new Map<string, number>();
    for (const box of set.boxes) found.set(box.class, (found.get(box.class) ?? 0) + 1);
    for (const [name, number] of found) {
      const stretch = this.open.get(name);
      const goesOn = stretch !== undefined && set.ptsUs >= stretch.lastUs && set.ptsUs - stretch.lastUs <= apartUs;
      const now = goesOn ? stretch : { event: this.push({ atMs: nowMs, kind: 'seen', what: name, detail: '' }), firstUs: set.ptsUs, lastUs: 0, most: 0 };
      now.lastUs = set.ptsUs;
      now.most = Math.max(now.most, number);
      now.event.detail = `${plural(now.most, 'box', 'boxes')}, ${duration((now.lastUs - now.firstUs) / 1000)}`;
      this.open.set(name, now);
    }
    return found.size > 0;
  }

  private push(event: Omit<WatchEvent, 'id'>): WatchEvent {
    const made = { ...event, id: this.nextId };
    this.nextId += 1;
    this.events = [made, ...this.events].slice(0, kept);
    return made;
  }
}

const logs = new Map<string, EventLog>();
// Goes up with every change; the list is drawn again at most a few times a second.
export const eventsVersion = new Store<number>(0);

export function eventLog(name: string): EventLog {
  let log = logs.get(name);
  if (log === undefined) logs.set(name, (log = new EventLog()));
  return log;
}

export function noteState(_before: StreamInfo | undefined, now: StreamInfo): void {
  if (eventLog(now.name).state(now, Date.now())) eventsVersion.set(eventsVersion.value + 1);
}

export function noteBoxes(name: string, set: BoxSet): void {
  eventLog(name).boxes(set, Date.now());
}
