// Events as rows, newest first. New ones come in on top without moving what is being looked at.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { ago, dateTime, duration, wholePercent } from '../lib/format';
import { useNow } from '../lib/now';
import { follow, pathOf, type Route } from '../lib/route';
import { colourOf } from '../video/paint';
import { lengthMs, titleOf, type WeirEvent } from './event';
import { EventPicture } from './picture';

interface Props { events: readonly WeirEvent[]; camera: string; class: string; showCamera: boolean }

export function EventRows({ events, camera, class: className, showCamera }: Props) {
  const now = useNow(1000);
  const list = useRef<HTMLOListElement>(null);
  useSteady(list, events);
  return (
    <ol class="event-rows" ref={list}>
      {events.map((event) => (
        <li key={event.id} data-event={event.id}>
          <Row event={event} now={now} to={{ view: 'events', id: event.id, camera, class: className }} showCamera={showCamera} />
        </li>
      ))}
    </ol>
  );
}

function Row({ event, now, to, showCamera }: { event: WeirEvent; now: number; to: Route; showCamera: boolean }) {
  return (
    <a class="event" href={pathOf(to)} onClick={(click) => follow(click, to)}>
      <EventPicture key={String(event.over)} event={event} />
      <span class="event-what">
        <strong><span class="dot" style={{ background: colourOf(event) }} /> {titleOf(event)}</strong>
        <span class="event-where">
          {showCamera && <span>{event.camera}</span>}
          {event.zones.map((zone) => <span key={zone} class="tag" title="Zone or line">{zone}</span>)}
        </span>
      </span>
      <span class="event-when">
        <time dateTime={new Date(event.start.timeMs).toISOString()} title={dateTime(event.start.timeMs)}>{ago(event.start.timeMs, now)}</time>
        <Length event={event} />
      </span>
      <span class="event-sure" title="Confidence">{event.class === 'motion' ? '' : wholePercent(event.confidence)}</span>
    </a>
  );
}

export function Length({ event }: { event: WeirEvent }) {
  return event.over ? <span>{duration(lengthMs(event))}</span>
    : <span class="going-on"><span class="icon" aria-hidden="true">●</span> going on, {duration(lengthMs(event))}</span>;
}

// Keeps the first row that can be seen where it is when rows are put in or taken out above it: when the page is scrolled
// down to it, or a person is about to click it. At the top of the page new rows simply push down.
function useSteady(list: { current: HTMLOListElement | null }, events: readonly WeirEvent[]): void {
  const anchor = useRef<{ id: string; top: number } | null>(null);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const before = anchor.current;
    const busy = element.matches(':hover') || element.contains(document.activeElement) || element.getBoundingClientRect().top < 0;
    if (before !== null && busy) {
      const row = element.querySelector(`[data-event="${CSS.escape(before.id)}"]`);
      if (row !== null) {
        const moved = row.getBoundingClientRect().top - before.top;
        if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: 'instant' });
      }
    }
    const remember = () => {
      for (const row of element.children) {
        const { top, bottom } = row.getBoundingClientRect();
        if (bottom < 0) continue;
        anchor.current = { id: (row as HTMLElement).dataset['event'] ?? '', top };
        return;
      }
    };
    remember();
    addEventListener('scroll', remember, { passive: true });
    return () => removeEventListener('scroll', remember);
  }, [events]);
}
