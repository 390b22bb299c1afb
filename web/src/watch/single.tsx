// One camera, large, with what happened on it and its figures.
import { useEffect, useState } from 'preact/hooks';
import { feedOf, useFeed } from '../events/feed';
import { EventRows } from '../events/rows';
import { Unrecorded } from '../events/view';
import { clockTime, count, duration } from '../lib/format';
import { allEvents, follow, go, pathOf, type Route } from '../lib/route';
import { useStore } from '../lib/store';
import type { CameraReport } from '../memory/report';
import { reportStore } from '../memory/report_store';
import type { PlayerFigures } from '../video/player';
import { link, streams } from '../wire/connection';
import type { StreamInfo } from '../wire/messages';
import { isChanged } from '../zones/edit';
import { useEditor } from '../zones/editor';
import { ZoneLayer } from '../zones/layer';
import { ZonePanel } from '../zones/panel';
import type { Shape } from '../zones/shape';
import { drawingOf, load, overlaid, useDrawn } from '../zones/store';
import { Caption } from './caption';
import { hookOf } from './hook';
import { Stage } from './stage';
import { stateIcon } from './state';
import { stateLog, statesVersion } from './states';

const wall = { view: 'watch', camera: null } as const;

export function Single({ name }: { name: string }) {
  const all = useStore(streams);
  const phase = useStore(link).phase;
  const info = all.find((one) => one.name === name);
  const [editing, setEditing] = useState(false);
  useEffect(() => setEditing(false), [name]);
  useEffect(() => {
    if (editing) return undefined;  // the editor has keys of its own
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (event.key === 'Escape') go(wall);
      else if (event.key === 'z') setEditing(true);
      else if (step !== 0 && all.length > 1) {
        const next = all[(all.findIndex((one) => one.name === name) + step + all.length) % all.length];
        if (next) go({ view: 'watch', camera: next.name });
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [all, name, editing]);

  if (info === undefined) {
    return (
      <main class="single">
        <section class="empty">
          <h2>{phase === 'open' ? `There is no camera “${name}”` : `Waiting for “${name}”`}</h2>
          <p>{phase === 'open' ? 'It may have another name now, or weir was started without it.' : 'Connecting to weir.'}</p>
          <p><BackToWall /></p>
        </section>
      </main>
    );
  }
  return <Shown key={info.name} info={info} editing={editing} setEditing={setEditing} />;
}

function BackToWall() {
  return (
    <a class="back" href={pathOf(wall)} onClick={(event) => follow(event, wall)}>
      <span aria-hidden="true">←</span> All cameras <kbd>Esc</kbd>
    </a>
  );
}

interface ShownProps { info: StreamInfo; editing: boolean; setEditing: (on: boolean) => void }

function Shown({ info, editing, setEditing }: ShownProps) {
  const [figures, setFigures] = useState<PlayerFigures | null>(null);
  const camera = useStore(reportStore).data?.cameras.find((one) => one.id === info.name);
  const { drawn, error } = useDrawn(info.name);
  const over = useStore(overlaid);
  const kept = useStore(drawingOf(info.name).edit);
  const leave = () => setEditing(false);
  const editor = useEditor(info.name, drawn, editing, leave);
  const aspect = info.width > 0 && info.height > 0 ? info.width / info.height : 16 / 9;
  const picture = figures?.picture ?? (info.width > 0 ? info : { width: 16, height: 9 });
  const shapes = editor?.edit.shapes ?? (over ? drawn?.shapes : []) ?? [];
  return (
    <main class="single">
      <div class="single-head">
        <BackToWall />
        <div class="single-tools">
          {!editing && drawn !== null && drawn.shapes.length > 0 && (
            <button type="button" class="button" aria-pressed={over} title="Zones, lines and masks over the picture" onClick={() => overlaid.set(!over)}>{over ? 'Zones shown' : 'Zones hidden'}</button>
          )}
          <button type="button" class="button" aria-pressed={editing} onClick={() => setEditing(!editing)}>
            {!editing && kept !== null && isChanged(kept) ? 'Edit zones: not saved yet' : 'Edit zones'} <kbd>z</kbd>
          </button>
        </div>
      </div>
      <div class={`single-main${editing ? ' editing' : ''}`}>
        <div class="single-picture" style={{ '--aspect': String(aspect) }} {...hookOf(info, figures)}>
          <div class="single-stage">
            <Stage info={info} shown pointing onFigures={setFigures} />
            {(editor !== null || shapes.length > 0) && (
              <ZoneLayer shapes={shapes} picture={{ w: picture.width, h: picture.height }} editor={editor} says={(shape) => (editor === null ? counted(shape, camera) : shape.name)} />
            )}
          </div>
          <Caption info={info} figures={figures} />
        </div>
        {editor !== null && drawn !== null && <ZonePanel name={info.name} drawn={drawn} editor={editor} leave={leave} />}
        {editing && editor === null && (
          <section class="card zone-panel">
            <h2>Zones of {info.name}</h2>
            <p class={error === null ? 'quiet' : 'bad'}>{error === null ? 'Asking for what is drawn.' : `What is drawn could not be read: ${error}.`}</p>
            {error !== null && <button type="button" class="button" onClick={() => void load(info.name)}>Try again</button>}
          </section>
        )}
      </div>
      <div class="single-below">
        <Events name={info.name} />
        <div class="single-side">
          <Facts info={info} figures={figures} />
          <States name={info.name} />
        </div>
      </div>
    </main>
  );
}

// What stands at a zone or line while it is watched.
function counted({ kind, name }: Shape, camera: CameraReport | undefined): string {
  const zone = kind === 'zone' ? camera?.zones?.find((one) => one.name === name) : undefined;
  if (zone !== undefined) return `${name}: ${count(zone.inside)} inside`;
  const line = kind === 'line' ? camera?.lines?.find((one) => one.name === name) : undefined;
  return line === undefined ? name : `${name}: ${count(line.forward)} forward, ${count(line.backward)} back`;
}

const shownEvents = 8;

function Events({ name }: { name: string }) {
  const { list, error } = useFeed(feedOf(name, ''));
  const all: Route = { ...allEvents, camera: name };
  return (
    <section class="card">
      <div class="card-head">
        <h2>Events <small>newest first</small></h2>
        {list !== null && list.events.length > 0 && <a class="more" href={pathOf(all)} onClick={(click) => follow(click, all)}>All of {name}</a>}
      </div>
      {list === null ? <p class="quiet">{error === null ? 'Asking for them.' : `They could not be read: ${error}. Tried again by itself.`}</p>
        : list.events.length === 0 ? <p class="quiet">Nothing yet. What moves or is found here will be listed by itself.</p>
          : <><Unrecorded /><EventRows events={list.events.slice(0, shownEvents)} camera={name} class="" showCamera={false} /></>}
    </section>
  );
}

function States({ name }: { name: string }) {
  useStore(statesVersion);
  return (
    <section class="card">
      <h2>State <small>since this page was opened</small></h2>
      <ol class="events">
        {stateLog(name).list().map((change) => (
          <li key={change.id}>
            <time>{clockTime(change.atMs)}</time>
            <span class={`state state-${change.state}`}><span class="icon" aria-hidden="true">{stateIcon[change.state]}</span> {change.state}</span>
            <span class="quiet">{change.reason}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Facts({ info, figures }: { info: StreamInfo; figures: PlayerFigures | null }) {
  const report = useStore(reportStore).data;
  const camera = report?.cameras.find((one) => one.id === info.name);
  const lost = Object.entries(camera?.dropped ?? {}).filter(([, n]) => n > 0);
  const rows: [string, string][] = [
    ['Stream', info.width > 0 ? `${info.width} × ${info.height}, ${info.codec === '' ? 'a codec browsers do not know' : info.codec}` : 'not known yet'],
    ['Shown as', figures?.mode === 'picture' ? `JPEG preview: ${figures.why}` : 'the camera’s own packets, decoded here'],
    ['Received', camera ? count(camera.received) : '–'],
    ['Decoded', camera ? count(camera.decoded) : '–'],
    ['Looked at', camera ? count(camera.detected) : '–'],
    ['Dropped', lost.length === 0 ? '0' : lost.map(([why, n]) => `${count(n)} ${why}`).join(', ')],
    ['Frame age', camera ? `p50 ${duration(camera.frame_age_ms.p50 ?? 0)}, p99 ${duration(camera.frame_age_ms.p99 ?? 0)}` : '–'],
    ['Restarts', camera ? count(camera.restarts) : '–'],
    ...[...(camera?.zones ?? [])].map((zone): [string, string] => [`Zone ${zone.name}`, `${count(zone.inside)} inside, ${count(zone.entered)} came, ${count(zone.left)} left`]),
    ...[...(camera?.lines ?? [])].map((line): [string, string] => [`Line ${line.name}`, `${count(line.forward)} forward, ${count(line.backward)} back`]),
    ['Here', figures ? `${count(figures.decoded)} decoded, ${count(figures.frames)} drawn, ${count(figures.skipped)} overtaken, ${count(figures.dropped)} dropped` : '–'],
  ];
  return (
    <section class="card">
      <h2>Figures</h2>
      <dl class="facts">{rows.map(([key, value]) => <div key={key}><dt>{key}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
