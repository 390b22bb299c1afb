// Each camera from its packets to its results, with what was lost on the way and why.
import { bytes, count, plural } from '../lib/format';
import { follow, pathOf, type Route } from '../lib/route';
import type { CameraReport } from '../memory/report';
import { named } from '../shell/table';
import { ageWords, decodeWords, decoderWords, droppedWords, engineWords } from './words';

const head = ['Camera', 'Received', 'Decoded', 'Detected', 'Dropped', 'Age p95', 'Restarts', 'Decoding', 'Recording'];

export function Cameras({ cameras }: { cameras: readonly CameraReport[] }) {
  return (
    <section class="card wide">
      <h2>Cameras <small>frames on their way from the camera to a result</small></h2>
      {cameras.length === 0 ? <p class="quiet">No camera is running.</p> : (
        <div class="scroll">
          <table class="stack">
            <thead><tr>{head.map((word, i) => <th key={word} class={i >= 1 && i <= 3 ? 'n' : ''}>{word}</th>)}</tr></thead>
            <tbody>{cameras.map((camera) => <Row key={camera.id} camera={camera} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ camera }: { camera: CameraReport }) {
  const age = ageWords(camera);
  const dropped = droppedWords(camera);
  const to: Route = { view: 'watch', camera: camera.id };
  const state = (of: string) => `state state-${of === 'up' ? 'live' : of}`;
  return (
    <tr data-health={camera.id}>
      <th scope="row">
        <a class="more" href={pathOf(to)} onClick={(click) => follow(click, to)}>{camera.id}</a>
        <span class="block sub"><span class={state(camera.state)} title={camera.reason}>{camera.state}</span>{camera.engine !== undefined && ` · ${engineWords[camera.engine] ?? camera.engine}`}</span>
        {camera.second != null && <span class="block sub">second stream <span class={state(camera.second.state)} title={camera.second.reason}>{camera.second.state}</span></span>}
      </th>
      <td class="n" data-label="Received">{count(camera.received)}</td>
      <td class="n" data-label="Decoded">{count(camera.decoded)}</td>
      <td class="n" data-label="Detected" title="Frames with a result of the engine">{count(camera.detected)}</td>
      <td class="words" data-label="Dropped">{dropped.length === 0 ? '0' : dropped.map(({ stage, words }) => <span key={stage} class="block">{stage !== '' && <span class="quiet">{stage} </span>}{words}</span>)}</td>
      <td data-label="Age p95" class={age.above ? 'bad' : ''} title="From the arrival of a frame’s packet until it was looked at">{age.p95}{age.bound !== '' && <span class="block sub">{age.bound}</span>}</td>
      <td class="words" data-label="Restarts">{count(camera.restarts)}{camera.restarts > 0 && <span class="block sub">{named(camera.restart_causes ?? {}) || 'no cause is given'}</span>}</td>
      <td class="words" data-label="Decoding">{decodeWords(camera.decode)}{decoderWords(camera.decode) !== '' && <span class="block sub">by {decoderWords(camera.decode)}</span>}</td>
      <td class="words" data-label="Recording"><Recording camera={camera} /></td>
    </tr>
  );
}

const recordingTones: Record<string, string> = { recording: 'good', 'no room': 'bad', failing: 'bad' };

function Recording({ camera: { recording, snapshots } }: { camera: CameraReport }) {
  if (recording == null) return <span class="quiet">nothing is recorded</span>;
  const tone = recordingTones[recording.state] ?? 'quiet';
  return (
    <>
      <span class={tone}>{tone === 'good' ? '✓ ' : tone === 'bad' ? '✗ ' : ''}{recording.state}</span>
      <span class="block sub">{plural(recording.clips, 'clip')}, {plural(recording.segments, 'segment')}, {plural(snapshots ?? 0, 'picture')}; {bytes(recording.bytes)}</span>
      {recording.last_error !== '' && <span class="block bad">{recording.last_error}</span>}
    </>
  );
}
