// What has happened on the cameras, newest first.
import { useEffect } from 'preact/hooks';
import { plural } from '../lib/format';
import { go, route } from '../lib/route';
import { useStore } from '../lib/store';
import { reportStore } from '../memory/report_store';
import { streams } from '../wire/connection';
import { feedOf, seenClasses, useFeed, type Feed } from './feed';
import { EventRows } from './rows';

export function EventsView({ camera, class: className }: { camera: string; class: string }) {
  return (
    <main class="page narrow">
      <div class="events-head">
        <h1 class="sentence">Events</h1>
        <Filter camera={camera} class={className} />
      </div>
      <List key={`${camera}\n${className}`} feed={feedOf(camera, className)} />
    </main>
  );
}

function Filter({ camera, class: className }: { camera: string; class: string }) {
  const cameras = useStore(streams).map((one) => one.name);
  const seen = useStore(seenClasses);
  // The list for this filter alone does not tell what else there is.
  useEffect(() => (className === '' ? undefined : feedOf('', '').use()), [className]);
  const choose = (change: { camera?: string; class?: string }) => go({ view: 'events', id: null, camera, class: className, ...change });
  const options = (all: string, chosen: string, values: readonly string[]) => (
    <>
      <option value="" selected={chosen === ''}>{all}</option>
      {[...new Set([...values, ...(chosen === '' ? [] : [chosen])])].map((one) => <option key={one} value={one} selected={one === chosen}>{one}</option>)}
    </>
  );
  return (
    <div class="events-filter">
      <label><span class="hidden">Camera</span>
        <select name="camera" onChange={(event) => choose({ camera: event.currentTarget.value })}>{options('All cameras', camera, cameras)}</select>
      </label>
      <label><span class="hidden">Class</span>
        <select name="class" onChange={(event) => choose({ class: event.currentTarget.value })}>{options('All classes', className, seen)}</select>
      </label>
    </div>
  );
}

function List({ feed }: { feed: Feed }) {
  const state = useFeed(feed);
  const { list } = state;
  if (list === null) {
    return (
      <section class="empty">
        <h2>{state.error === null ? 'Asking for the events' : 'The events could not be read'}</h2>
        <p>{state.error === null ? 'The answer takes a moment.' : `${state.error}. It is tried again by itself.`}</p>
      </section>
    );
  }
  if (list.events.length === 0) return <Nothing filtered={feed.camera !== '' || feed.className !== ''} />;
  return (
    <section class="card" aria-label="Events">
      <p class="quiet events-total">{feed.camera === '' && feed.className === '' ? `${plural(list.total, 'event')}, newest first` : 'Newest first'}{state.error !== null && `; the newest could not be read: ${state.error}. Tried again by itself.`}</p>
      <Unrecorded />
      <EventRows events={list.events} camera={feed.camera} class={feed.className} showCamera={feed.camera === ''} />
      <div class="events-older">
        {list.end ? <p class="quiet">These are all that weir remembers.</p> : (
          <button type="button" class="button" disabled={state.older === 'loading'} onClick={() => void feed.loadOlder()}>
            {state.older === 'loading' ? 'Loading older ones …' : 'Load older'}
          </button>
        )}
        {state.olderError !== null && <p class="bad">Older ones could not be read: {state.olderError}.</p>}
      </div>
    </section>
  );
}

// Says how to get pictures and clips where nothing is recorded.
export function Unrecorded() {
  const report = useStore(reportStore).data;
  if (report === null || report.recordings !== null) return null;
  return <p class="quiet hint">Nothing is recorded, so there are no pictures and clips. Name a folder for them: <code>--set record.dir=recordings</code></p>;
}

function Nothing({ filtered }: { filtered: boolean }) {
  const here = useStore(route);
  if (filtered) {
    return (
      <section class="empty">
        <h2>Nothing like this yet</h2>
        <p>No event passes the filter. New ones come in by themselves.</p>
        <p><button type="button" class="button" onClick={() => here.view === 'events' && go({ ...here, camera: '', class: '' })}>Show all events</button></p>
      </section>
    );
  }
  return (
    <section class="empty">
      <h2>Nothing has happened yet</h2>
      <p>When something moves or is found on a camera, it is listed here by itself. To keep a picture and a clip of each event, name a folder for them:</p>
      <pre>weir watch street.mp4 --set record.dir=recordings</pre>
    </section>
  );
}
