// The cameras and what serves them, what this machine can do, what failed and came back, and which settings are in force.
import { useState } from 'preact/hooks';
import { bytes, count, plural } from '../lib/format';
import { usePoll } from '../lib/poll';
import { useStore } from '../lib/store';
import { visible } from '../lib/visible';
import { reportStore } from '../memory/report_store';
import { link } from '../wire/connection';
import { Cameras } from './cameras';
import { Detectors, Recordings, Senders } from './engines';
import { matches, shapeHealth, shown, type Health } from './health';

const everyMs = 5000;

export function HealthView() {
  const onScreen = useStore(visible);
  const open = useStore(link).phase === 'open';
  const report = useStore(reportStore).data;
  const { data, error } = usePoll('/api/health', everyMs, shapeHealth, onScreen && open);
  if (data === null) {
    return (
      <main class="page">
        <section class="empty">
          <h2>{error === null ? 'Asking this machine' : 'The health report could not be read'}</h2>
          <p>{error === null ? 'The answer takes a moment.' : `${error}. It is tried again by itself.`}</p>
        </section>
      </main>
    );
  }
  const restarts = data.restarts.reduce((sum, one) => sum + one.restarts, 0);
  const off = data.capabilities.filter((one) => !one.in_force).length;
  return (
    <main class="page">
      <h1 class="sentence">
        {data.machine.cpus === 1 ? '1 processor' : `${data.machine.cpus} processors`}, {bytes(data.machine.memory_bytes)} of memory, {data.machine.kernel}.
        {' '}{plural(restarts, 'restart')}. {off === 0 ? 'Everything weir can use is in force.' : `${plural(off, 'capability', 'capabilities')} not in force.`}
      </h1>
      <div class="cards">
        {report !== null && (
          <>
            <Cameras cameras={report.cameras} />
            <Detectors detectors={report.detectors} />
            <Recordings recordings={report.recordings} />
            <Senders senders={report.senders} />
          </>
        )}
        <Capabilities list={data.capabilities} />
        <Restarts list={data.restarts} />
        <Pipelines list={data.pipelines} />
        <Sandboxes list={data.workers} />
      </div>
      <Settings list={data.settings} />
    </main>
  );
}

function Capabilities({ list }: { list: Health['capabilities'] }) {
  return (
    <section class="card">
      <h2>Capabilities <small>what weir uses of this machine</small></h2>
      {list.length === 0 ? <p class="quiet">None are reported.</p> : (
        <ul class="capabilities">
          {list.map((one) => (
            <li key={one.name}>
              <span class={`badge ${one.in_force ? 'good' : 'off'}`}>{one.in_force ? '✓ in force' : '– not in force'}</span>
              <div><strong>{one.name}</strong><span class="quiet">{one.detail}</span></div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Restarts({ list }: { list: Health['restarts'] }) {
  return (
    <section class="card">
      <h2>Restarts <small>what failed and came back, with its causes</small></h2>
      {list.length === 0 ? <p class="quiet">Nothing is supervised yet.</p> : (
        <div class="scroll">
          <table>
            <thead><tr><th>What</th><th>State</th><th class="n">Restarts</th><th>Causes</th></tr></thead>
            <tbody>
              {list.map((one) => (
                <tr key={one.id}>
                  <th scope="row">{one.id}</th>
                  <td><span class={`state state-${one.state === 'up' ? 'live' : one.state}`} title={one.reason}>{one.state}</span></td>
                  <td class="n">{count(one.restarts)}</td>
                  <td class="words">{Object.entries(one.causes).map(([cause, n]) => `${count(n)} ${cause}`).join(', ') || '–'}{one.reason !== '' && <span class="quiet block">{one.reason}</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Pipelines({ list }: { list: Health['pipelines'] }) {
  if (list.length === 0) return null;
  return (
    <section class="card">
      <h2>Pipelines <small>where streams are read and decoded, and who said so</small></h2>
      <div class="scroll">
        <table>
          <thead><tr><th>Camera</th><th>Runs</th><th>Origin</th></tr></thead>
          <tbody>
            {list.map((one) => (
              <tr key={one.id}>
                <th scope="row">{one.id}</th>
                <td>{one.mode}</td>
                <td class={one.from === 'default' ? 'quiet' : ''}>{one.from}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Sandboxes({ list }: { list: Health['workers'] }) {
  if (list.length === 0) return null;
  return (
    <section class="card">
      <h2>Sandboxes <small>what is in force around each worker</small></h2>
      <div class="scroll">
        <table>
          <thead><tr><th>Worker</th><th>In force</th></tr></thead>
          <tbody>
            {list.map((one) => (
              <tr key={one.id}>
                <th scope="row">{one.id}</th>
                <td class="words">{one.sandbox}{one.last_end !== '' && <span class="quiet block">last: {one.last_end}</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Settings({ list }: { list: Health['settings'] }) {
  const [filter, setFilter] = useState('');
  const found = list.filter((setting) => matches(setting, filter));
  return (
    <section class="card">
      <div class="card-head">
        <h2>Settings <small>as they are in force, and where each comes from</small></h2>
        <label class="filter"><span class="hidden">Filter settings</span>
          <input type="search" placeholder="Filter: motion, default, …" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      </div>
      <div class="scroll">
        <table class="settings">
          <thead><tr><th>Setting</th><th>Value</th><th>Origin</th></tr></thead>
          <tbody>
            {found.map((setting) => (
              <tr key={setting.key}>
                <th scope="row">{setting.key}</th>
                <td class="words">{shown(setting.value) === '' ? <span class="quiet">empty</span> : shown(setting.value)}</td>
                <td class={setting.origin === 'default' ? 'quiet' : ''}>{setting.origin}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length === 0 && <p class="quiet">{list.length === 0 ? 'None are reported.' : `None of ${list.length} settings matches “${filter}”.`}</p>}
    </section>
  );
}
