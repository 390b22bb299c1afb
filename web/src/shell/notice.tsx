// Says when weir does not answer: since when, and when it is tried again. Floats over the page, so nothing moves.
import { clockTime, elapsed } from '../lib/format';
import { useNow } from '../lib/now';
import { useStore } from '../lib/store';
import { reportStore } from '../memory/report_store';
import { connection, link } from '../wire/connection';

export function Notice() {
  const state = useStore(link);
  const report = useStore(reportStore);
  const now = useNow(500);
  if (state.phase === 'lost') {
    const next = state.nextTryMs === null ? 'Trying now …' : `Next try in ${elapsed(Math.max(0, state.nextTryMs - now + 999))}.`;
    return (
      <div class="notice" role="status">
        <span class="icon" aria-hidden="true">◌</span>
        <p>
          <strong>{state.everOpen ? 'Connection to weir lost' : 'weir does not answer'}</strong>
          <span>since {clockTime(state.sinceMs)} ({elapsed(now - state.sinceMs)}). <span class="next">{next}</span></span>
        </p>
        <button type="button" onClick={() => connection.tryNow()}>Try now</button>
      </div>
    );
  }
  if (state.phase === 'mismatch') {
    return (
      <div class="notice" role="alert">
        <span class="icon" aria-hidden="true">!</span>
        <p><strong>This page is of another version</strong><span>weir now speaks protocol {state.protocol}.</span></p>
        <button type="button" onClick={() => location.reload()}>Load again</button>
      </div>
    );
  }
  if (state.phase === 'open' && report.error !== null) {
    return (
      <div class="notice" role="status">
        <span class="icon" aria-hidden="true">!</span>
        <p><strong>The figures are old</strong><span>{report.at > 0 ? `Last ones ${elapsed(now - report.at)} ago. ` : ''}{report.error}. Tried again every second.</span></p>
      </div>
    );
  }
  return null;
}
