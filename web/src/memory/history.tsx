// Chart, readout and table of owners.
import { useMemo, useState } from 'preact/hooks';
import { bytes, bytesPerHour, elapsed } from '../lib/format';
import { usePoll } from '../lib/poll';
import { useStore } from '../lib/store';
import { scheme } from '../lib/theme';
import { visible } from '../lib/visible';
import { link } from '../wire/connection';
import { Chart, type Hovered } from './chart';
import { ownerColour } from './colours';
import type { Report } from './report';
import { cumulate, shapeHistory, slopePerHour, stackOrder, unowned } from './series';
import { ownerName } from './verdict';

const everyMs = 2000;

export function HistoryView({ report }: { report: Report | null }) {
  const shown = useStore(visible);
  const open = useStore(link).phase === 'open';
  const colours = useStore(scheme);
  const polled = usePoll('/api/memory', everyMs, shapeHistory, shown && open);
  const [range, setRange] = useState<'recent' | 'all'>('recent');
  const [hovered, setHovered] = useState<Hovered | null>(null);

  const owners = polled.data?.owners ?? [];
  const history = polled.data?.[range] ?? null;
  const order = useMemo(() => stackOrder(owners), [owners.join('\n')]);
  const edges = useMemo(() => (history ? cumulate(history, owners, order) : []), [history, order]);
  const slopes = useMemo(() => new Map(order.map((owner) =>
    [owner, history ? slopePerHour(history.seconds, history.bytes[owners.indexOf(owner)] ?? []) : 0])), [history, order]);
  const growing = new Set(report?.memory.growing.map((one) => one.owner) ?? []);
  const last = history?.seconds[history.seconds.length - 1] ?? 0;
  const valueOf = (owner: string, point: number): number => history?.bytes[owners.indexOf(owner)]?.[point] ?? 0;
  const rows = [...order].reverse();

  return (
    <section class="card">
      <div class="card-head">
        <h2>By owner</h2>
        <div class="switch" role="group" aria-label="Time range">
          {(['recent', 'all'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={range === one} onClick={() => setRange(one)}>{one === 'recent' ? '10 minutes' : 'Since start'}</button>
          ))}
        </div>
      </div>
      <p class="readout" aria-live="off">
        {hovered && history
          ? <><Swatch owner={hovered.owner} order={order} scheme={colours} /> <strong>{ownerName(hovered.owner)}</strong>
            <span class="figure">{bytes(valueOf(hovered.owner, hovered.point))}</span>
            <span class="figure">{bytesPerHour(slopes.get(hovered.owner) ?? 0)}</span>
            <span class="quiet">{elapsed((last - (history.seconds[hovered.point] ?? last)) * 1000)} ago</span></>
          : <span class="quiet">{polled.error && !history ? `The history could not be read: ${polled.error}` : 'Point at the chart to see whose memory it is.'}</span>}
      </p>
      <div class="history">
        {history && history.seconds.length >= 2
          ? <Chart history={history} order={order} edges={edges} fromNow={range === 'recent'} onHover={setHovered} />
          : <div class="chart chart-empty"><p class="quiet">{polled.error ? 'Trying again by itself.' : 'Collecting the first samples; one comes every second.'}</p></div>}
        <div class="scroll">
          <table class="owners">
            <thead><tr><th>Owner</th><th class="n">In memory</th><th class="n">In use</th><th class="n">Kept idle</th><th class="n">Slope</th></tr></thead>
            <tbody>
              {rows.map((owner) => {
                const account = report?.memory.accounts[owner];
                return (
                  <tr key={owner} class={`${hovered?.owner === owner ? 'hovered' : ''}${growing.has(owner) ? ' growing' : ''}`}>
                    <th scope="row"><Swatch owner={owner} order={order} scheme={colours} /> {ownerName(owner)}</th>
                    <td class="n">{bytes(valueOf(owner, (history?.seconds.length ?? 1) - 1))}</td>
                    <td class="n">{account ? bytes(account.live_bytes) : ''}</td>
                    <td class="n">{account ? bytes(account.idle_bytes) : ''}</td>
                    <td class="n">{bytesPerHour(slopes.get(owner) ?? 0)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </div>
    </section>
  );
}

function Swatch({ owner, order, scheme: colours }: { owner: string; order: readonly string[]; scheme: 'light' | 'dark' }) {
  const colour = ownerColour(owner, order, colours);
  const background = owner === unowned ? `repeating-linear-gradient(135deg, ${colour} 0 2px, transparent 2px 4px)` : colour;
  return <span class="swatch" style={{ background }} />;
}
