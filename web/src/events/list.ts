// The list of events, newest first, as pages of it come: the newest again and again, older ones when asked for.
import type { EventPage, WeirEvent } from './event';

export const pageSize = 50;

export interface EventList {
  events: readonly WeirEvent[];
  total: number;
  end: boolean;  // there are no older ones
}

// The newest page again. Older ones that were loaded stay, if the page reaches them; else there would be a hole between.
export function takeNewest(list: EventList | null, page: EventPage): EventList {
  const whole = page.events.length < pageSize;
  const last = page.events[page.events.length - 1];
  const at = list === null || last === undefined ? -1 : list.events.findIndex((one) => one.id === last.id);
  if (whole || list === null || at < 0) return { events: page.events, total: page.total, end: whole };
  const known = new Set(page.events.map((one) => one.id));
  return { events: [...page.events, ...list.events.slice(at + 1).filter((one) => !known.has(one.id))], total: page.total, end: list.end };
}

export function takeOlder(list: EventList, page: EventPage): EventList {
  const known = new Set(list.events.map((one) => one.id));
  return { events: [...list.events, ...page.events.filter((one) => !known.has(one.id))], total: page.total, end: page.events.length < pageSize };
}
