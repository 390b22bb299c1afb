// An event of the server, and what is said of it.
import { all, isFields, isNumber, number, rectangle, text, texts, type Fields } from '../lib/json';

export interface Moment { frame: number; ptsMs: number; timeMs: number }

export interface WeirEvent {
  id: string;
  camera: string;
  class: string;
  track: number | null;
  confidence: number;
  box: [number, number, number, number];  // x, y, w, h in source pixels, at its best moment
  start: Moment;
  end: Moment;      // while it goes on: when it was last seen
  over: boolean;
  zones: string[];
  snapshot: string | null;  // below /recordings/; null: nothing is recorded
  clip: string | null;
}

// `total`: of all events, whatever the filter.
export interface EventPage { events: WeirEvent[]; total: number }

function moment(value: unknown): Moment {
  const fields: Fields = isFields(value) ? value : {};
  return { frame: number(fields['frame']), ptsMs: number(fields['pts_ms']), timeMs: number(fields['time_ms']) };
}

function oneEvent(value: unknown): WeirEvent | null {
  if (!isFields(value) || text(value['id']) === '') return null;
  const { track } = value;
  return {
    id: text(value['id']), camera: text(value['camera']), class: text(value['class']), track: isNumber(track) ? track : null,
    confidence: number(value['confidence']), box: rectangle(value['box']) ?? [0, 0, 0, 0], start: moment(value['start']), end: moment(value['end']),
    over: value['over'] !== false, zones: texts(value['zones']), snapshot: text(value['snapshot']) || null, clip: text(value['clip']) || null,
  };
}

export function shapeEvent(json: unknown): WeirEvent {
  const event = oneEvent(json);
  if (event === null) throw new Error('the answer is not an event');
  return event;
}

export function shapeEvents(json: unknown): EventPage {
  const events = isFields(json) ? all(json['events'], oneEvent) : null;
  if (events === null) throw new Error('/api/events is not a list of events');
  return { events, total: isFields(json) && isNumber(json['total']) ? json['total'] : events.length };
}

export const lengthMs = (event: WeirEvent): number => Math.max(0, event.end.ptsMs - event.start.ptsMs);
export const titleOf = (event: WeirEvent): string => (event.track === null ? event.class : `${event.class} ${event.track}`);
export const recordingUrl = (path: string): string => `/recordings/${path.split('/').map(encodeURIComponent).join('/')}`;
