// Where the bytes are, and whether they stay there.
import { useStore } from '../lib/store';
import { HistoryView } from './history';
import { reportStore } from './report_store';
import { Channels, Engines, HotPaths, Pools, Workers } from './tables';
import { say } from './verdict';

export function MemoryView() {
  const report = useStore(reportStore).data;
  const said = say(report?.memory ?? null, report?.seconds ?? 0);
  return (
    <main class="page">
      <h1 class={`sentence tone-${said.tone}`}><span class="icon" aria-hidden="true">{said.icon}</span> {said.sentence}</h1>
      <HistoryView report={report} />
      {report === null ? <p class="quiet">Waiting for the first report.</p> : (
        <div class="cards">
          <Pools pools={report.pools} />
          <Channels channels={report.channels} />
          <HotPaths paths={report.hot_paths} />
          <Engines engines={report.exclusive} />
          <Workers workers={report.workers} />
        </div>
      )}
    </main>
  );
}
