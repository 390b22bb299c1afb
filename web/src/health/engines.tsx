// Detectors, what is kept on the disk, and who is told of events.
import { bytes, count, duration } from '../lib/format';
import type { DetectorReport, RecordingsReport, SenderReport } from '../memory/report';
import { named, Table } from '../shell/table';
import { isSenderFine } from './words';

export function Detectors({ detectors }: { detectors: DetectorReport[] }) {
  if (detectors.length === 0) return null;
  return (
    <Table title="Detectors" note="each serves its cameras one frame at a time" empty="" head={['Detector', 'Cameras', 'Frames', 'Failures', 'Time p50', 'Longest']} wide>
      {detectors.map((one) => (
        <tr key={one.id}>
          <th scope="row">{one.id}<span class="block sub">{[one.name, one.layout, one.shapes].filter((part) => part !== '').join(', ')}</span></th>
          <td class="n">{count(one.cameras)}</td>
          <td class="n">{count(one.frames)}</td>
          <td class={`n ${one.failures > 0 ? 'bad' : 'good'}`}>{one.failures > 0 ? '✗ ' : '✓ '}{count(one.failures)}</td>
          <td class="n">{duration(one.service_ms.p50 ?? 0)}</td>
          <td class="n">{duration(one.service_ms.max ?? 0)}</td>
        </tr>
      ))}
    </Table>
  );
}

export function Recordings({ recordings }: { recordings: RecordingsReport | null }) {
  return (
    <section class="card">
      <h2>Recordings <small>what is kept on the disk</small></h2>
      {recordings === null ? <p class="quiet">Nothing is recorded. Name a folder to keep pictures and clips of events: <code>--set record.dir=recordings</code></p> : (
        <dl class="facts">
          <div><dt>Kept</dt><dd>{count(recordings.files)} files, {bytes(recordings.bytes)}</dd></div>
          <div><dt>Removed</dt><dd>{count(recordings.deleted_files)} files, the oldest first</dd></div>
          <div><dt>Refused</dt><dd class={recordings.refused > 0 ? 'bad' : ''}>{recordings.refused > 0 ? `${count(recordings.refused)}, for want of room` : '0'}</dd></div>
          {recordings.last_error !== '' && <div><dt>Last error</dt><dd class="bad">{recordings.last_error}</dd></div>}
        </dl>
      )}
    </section>
  );
}

export function Senders({ senders }: { senders: SenderReport[] }) {
  if (senders.length === 0) return null;
  return (
    <Table title="Receivers" note="who is told of events; what cannot be sent waits on the disk" empty="" head={['Receiver', 'Offered', 'Sent', 'Waiting', 'Dropped', 'Failures']}>
      {senders.map((one) => (
        <tr key={one.id}>
          <th scope="row">{one.id}{!isSenderFine(one) && one.last_error !== '' && <span class="block sub words">{one.last_error}</span>}</th>
          <td class="n">{count(one.offered)}</td>
          <td class="n">{count(one.sent)}</td>
          <td class="n">{count(one.waiting)}</td>
          <td class="n words">{named(one.dropped) || '0'}</td>
          <td class="n">{count(one.failures)}</td>
        </tr>
      ))}
    </Table>
  );
}
