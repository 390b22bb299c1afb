// One event: its clip, or its picture while there is no clip, and what is known of it.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ago, count, dateTime, duration, wholePercent } from '../lib/format';
import { useNow } from '../lib/now';
import { usePoll } from '../lib/poll';
import { follow, go, pathOf, route, type Route } from '../lib/route';
import { useStore } from '../lib/store';
import { visible } from '../lib/visible';
import { colourOf } from '../video/paint';
import { link } from '../wire/connection';
import { Clip } from './clip';
import { recordingUrl, shapeEvent, titleOf, type WeirEvent } from './event';
import { feedOf, useFeed, type Feed } from './feed';
import { EventPicture } from './picture';
import { Length } from './rows';
import { Unrecorded } from './view';

const everyMs = 2000;
// So many pages are looked through for an event that was opened by its address, to find its neighbours.
const mostPages = 20;

interface Props { id: string; camera: string; class: string }

export function EventView({ id, camera, class: className }: Props) {
  const feed = feedOf(camera, className);
  const { list, older, olderError } = useFeed(feed);
  const at = list?.events.findIndex((one) => one.id === id) ?? -1;
  const known = at < 0 ? null : list?.events[at] ?? null;
  const pages = useRef(0);
  const shown = useStore(visible);
  const open = useStore(link).phase === 'open';
  const [over, setOver] = useState(false);
  const polled = usePoll(`/api/events/${encodeURIComponent(id)}`, everyMs, shapeEvent, shown && open && !over);
  const event = polled.data ?? known;
  useEffect(() => setOver(polled.data?.over === true), [polled.data]);

  // The next older one may be on a page that is not loaded yet.
  const last = list !== null && at === list.events.length - 1;
  useEffect(() => {
    if (list === null || list.end || older === 'loading' || olderError !== null || (at >= 0 && !last) || pages.current >= mostPages) return;
    pages.current += 1;
    void feed.loadOlder();
  }, [list, at, last, older, olderError]);

  const back: Route = { view: 'events', id: null, camera, class: className };
  const newer = neighbour(feed, id, -1);
  const next = neighbour(feed, id, 1);
  // A layout effect: a key that is pressed twice finds the second listener in place.
  useLayoutEffect(() => {
    const onKey = (key: KeyboardEvent) => {
      if (key.ctrlKey || key.metaKey || key.altKey) return;
      const { target } = key;
      // In the player the arrows wind, in a field they write.
      if (target instanceof HTMLVideoElement || target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
      const here = route.value;
      const step = key.key === 'ArrowLeft' ? -1 : key.key === 'ArrowRight' ? 1 : 0;
      const goal = key.key === 'Escape' ? back : step !== 0 && here.view === 'events' && here.id !== null ? neighbour(feed, here.id, step) : null;
      if (goal !== null) {
        key.preventDefault();
        go(goal);
      }
      const video = document.querySelector<HTMLVideoElement>('video.clip');
      if (key.key === ' ' && video !== null && !(target instanceof HTMLButtonElement)) {
        key.preventDefault();
        if (video.paused) void video.play();
        else video.pause();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [feed]);

  return (
    <main class="single event-one">
      <div class="single-head">
        <a class="back" href={pathOf(back)} onClick={(click) => follow(click, back)}><span aria-hidden="true">←</span> {camera === '' ? 'All events' : `Events of ${camera}`} <kbd>Esc</kbd></a>
        <nav class="steps" aria-label="Other events">
          <Step to={newer} words="Newer" sign="←" none="This is the newest" />
          <Step to={next} words="Older" sign="→" none="There is no older one" />
        </nav>
      </div>
      {event === null ? <Waiting status={polled.status} error={polled.error} id={id} /> : <Shown event={event} />}
    </main>
  );
}

// The one before (-1) or after (1) in the list.
function neighbour(feed: Feed, id: string, step: number): Route | null {
  const events = feed.state.value.list?.events ?? [];
  const at = events.findIndex((one) => one.id === id);
  const found = at < 0 ? undefined : events[at + step];
  return found === undefined ? null : { view: 'events', id: found.id, camera: feed.camera, class: feed.className };
}

function Step({ to, words, sign, none }: { to: Route | null; words: string; sign: string; none: string }) {
  const inside = <>{sign === '←' && <kbd>←</kbd>} {words} {sign === '→' && <kbd>→</kbd>}</>;
  return to === null ? <span class="button off" title={none} aria-disabled="true">{inside}</span>
    : <a class="button" href={pathOf(to)} onClick={(click) => follow(click, to)}>{inside}</a>;
}

function Waiting({ status, error, id }: { status: number; error: string | null; id: string }) {
  if (error === null) return <section class="empty"><h2>Asking for the event</h2><p>The answer takes a moment.</p></section>;
  return (
    <section class="empty">
      <h2>{status === 404 ? 'There is no such event' : 'The event could not be read'}</h2>
      <p>{status === 404 ? <>weir does not know <code>{id}</code>, or not any more: it remembers the newest events only.</> : `${error}. It is tried again by itself.`}</p>
    </section>
  );
}

function Shown({ event }: { event: WeirEvent }) {
  const [noClip, setNoClip] = useState(false);
  const [picked, setPicked] = useState<'clip' | 'picture' | null>(null);
  const clip = event.over ? event.clip : null;
  const both = clip !== null && event.snapshot !== null;
  const show = picked ?? (clip !== null ? 'clip' : 'picture');
  return (
    <>
      <div class="event-media" data-shows={show}>
        {both && (
          <div class="switch" role="group" aria-label="What is shown">
            <button type="button" aria-pressed={show === 'clip'} onClick={() => setPicked('clip')}>Clip</button>
            <button type="button" aria-pressed={show === 'picture'} onClick={() => setPicked('picture')}>Picture</button>
          </div>
        )}
        {clip !== null && show === 'clip' && <Clip event={event} path={clip} onNone={setNoClip} />}
        {/* While there is no clip the picture stands in for it. */}
        {(show === 'picture' || noClip) && event.snapshot !== null && <EventPicture key={String(event.over)} event={event} whole />}
        {event.snapshot === null && clip === null && (
          <div class="clip-words"><p>{event.over || event.clip === null ? 'Nothing was recorded of this event.' : 'The event is still going on; its clip is shown when it is over.'}</p></div>
        )}
        {!event.over && event.clip !== null && event.snapshot !== null && <p class="quiet event-note">Still going on. The clip is shown by itself when it is over.</p>}
        <Unrecorded />
      </div>
      <Facts event={event} clip={clip} />
    </>
  );
}

function Facts({ event, clip }: { event: WeirEvent; clip: string | null }) {
  const now = useNow(1000);
  const camera: Route = { view: 'watch', camera: event.camera };
  const [x, y, w, h] = event.box.map(Math.round);
  return (
    <section class="card event-facts">
      <h1><span class="dot" style={{ background: colourOf(event) }} /> {titleOf(event)} <small>on <a href={pathOf(camera)} onClick={(click) => follow(click, camera)}>{event.camera}</a></small></h1>
      <dl class="facts">
        <div><dt>When</dt><dd><time dateTime={new Date(event.start.timeMs).toISOString()}>{dateTime(event.start.timeMs)}</time> <span class="quiet">{ago(event.start.timeMs, now)}</span></dd></div>
        <div><dt>How long</dt><dd><Length event={event} /></dd></div>
        <div><dt>Zones</dt><dd>{event.zones.join(', ') || 'none'}</dd></div>
        {event.class !== 'motion' && <div><dt>Confidence</dt><dd>{wholePercent(event.confidence)}</dd></div>}
        <div><dt>Box</dt><dd>{w} × {h} pixels at {x}, {y}</dd></div>
        <div><dt>Frames</dt><dd>{count(event.start.frame)} to {count(event.end.frame)}, {duration(event.start.ptsMs)} into the stream</dd></div>
        <div><dt>Id</dt><dd><code>{event.id}</code></dd></div>
        {(clip !== null || event.snapshot !== null) && (
          <div><dt>Files</dt><dd class="files">
            {clip !== null && <a href={recordingUrl(clip)} download>Clip, MP4</a>}
            {event.snapshot !== null && <a href={recordingUrl(event.snapshot)} download>Picture, JPEG</a>}
          </dd></div>
        )}
      </dl>
    </section>
  );
}
