// The page: one bar, one view.
import { useEffect } from 'preact/hooks';
import { follow, route, type Route } from './lib/route';
import { useStore } from './lib/store';
import { EventView } from './events/one';
import { EventsView } from './events/view';
import { HealthView } from './health/view';
import { MemoryView } from './memory/view';
import { Notice } from './shell/notice';
import { TopBar } from './shell/topbar';
import { Single } from './watch/single';
import { Wall } from './watch/wall';
import { link } from './wire/connection';

function View() {
  const here = useStore(route);
  const state = useStore(link);
  const { phase } = state;
  const everOpen = state.phase !== 'lost' || state.everOpen;
  if (here.view === 'events') {
    return here.id === null ? <EventsView camera={here.camera} class={here.class} /> : <EventView key={here.id} id={here.id} camera={here.camera} class={here.class} />;
  }
  if (here.view === 'memory') return <MemoryView />;
  if (here.view === 'health') return <HealthView />;
  if (here.view === 'unknown') {
    return (
      <main class="page">
        <section class="empty">
          <h2>There is no such page</h2>
          <p><code>{here.path}</code> names no view of weir.</p>
          <p><a href="/" onClick={(event) => follow(event, { view: 'watch', camera: null })}>Go to the cameras</a></p>
        </section>
      </main>
    );
  }
  if (here.camera !== null) return <Single name={here.camera} />;
  if (phase === 'connecting') return <main class="page"><section class="empty"><h2>Connecting to weir</h2><p>The cameras come next.</p></section></main>;
  if (phase === 'lost' && !everOpen) {
    return (
      <main class="page">
        <section class="empty">
          <h2>weir does not answer</h2>
          <p>It may not be running, or not at <code>{location.host}</code>. The page tries again by itself.</p>
        </section>
      </main>
    );
  }
  return <Wall />;
}

function titleOf(here: Route): string {
  switch (here.view) {
    case 'watch':
      return here.camera ?? 'Watch';
    case 'events':
      return here.id ?? 'Events';
    case 'memory':
      return 'Memory';
    case 'health':
      return 'Health';
    case 'unknown':
      return 'Not found';
  }
}

export function App() {
  const here = useStore(route);
  const state = useStore(link);
  useEffect(() => {
    document.title = `${titleOf(here)} · weir ${state.phase === 'open' ? state.flow : ''}`.trim();
  }, [here, state]);
  return (
    <>
      <TopBar />
      <View />
      <Notice />
    </>
  );
}
