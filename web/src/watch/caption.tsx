// The line under a picture: name, state, rate and age, in places that do not move when the figures change.
import { age } from '../lib/format';
import { useNow } from '../lib/now';
import { useStore } from '../lib/store';
import type { PlayerFigures } from '../video/player';
import { link } from '../wire/connection';
import type { StreamInfo } from '../wire/messages';
import { stateIcon, stateWords } from './state';

export function Caption({ info, figures }: { info: StreamInfo; figures: PlayerFigures | null }) {
  const now = useNow(500);
  const open = useStore(link).phase === 'open';
  const captureMs = figures?.captureMs ?? null;
  return (
    <div class="caption">
      <span class="caption-name" title={info.name}>{info.name}</span>
      <span class={`state state-${open ? info.state : 'unknown'}`} title={info.reason}>
        <span class="icon" aria-hidden="true">{open ? stateIcon[info.state] : '◌'}</span> {open ? stateWords(info, now) : 'unknown'}
      </span>
      {figures?.mode === 'picture' && <span class="tag" title={figures.why}>JPEG preview</span>}
      <span class="figures">
        <span class="figure" title="Frames a second that the camera sends">{figures?.fps == null ? '–' : figures.fps.toFixed(figures.fps < 9.95 ? 1 : 0)} fps</span>
        <span class="figure" title="Age of the picture: since its data reached weir">{captureMs === null ? '–' : age(Date.now() - captureMs)}</span>
      </span>
    </div>
  );
}
