// The clip of one event, or in words why there is none to play.
import { useEffect, useState } from 'preact/hooks';
import { visible } from '../lib/visible';
import { recordingUrl, type WeirEvent } from './event';

// A clip is written until some seconds after its event (record.post_s); for so long it is tried again by itself.
const soonMs = 90_000;
const againMs = 2000;

type Trouble = 'missing' | 'unreadable' | 'unreachable';

export function Clip({ event, path, onNone }: { event: WeirEvent; path: string; onNone: (none: boolean) => void }) {
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [attempt, setAttempt] = useState(0);
  const url = recordingUrl(path);
  const expected = !event.over || Date.now() - event.end.timeMs < soonMs;
  const again = () => {
    setTrouble(null);
    setAttempt((n) => n + 1);
  };

  // A video element does not say why it failed.
  const findOut = async () => {
    const found: Trouble = await fetch(url, { method: 'HEAD' }).then((answer) => (answer.ok ? 'unreadable' : 'missing'), () => 'unreachable');
    setTrouble(found);
  };
  useEffect(() => onNone(trouble !== null), [trouble]);
  useEffect(() => {
    if (trouble !== 'missing' || !expected) return undefined;
    const timer = setInterval(async () => {
      if (!visible.value) return;
      const there = await fetch(url, { method: 'HEAD' }).then((answer) => answer.ok, () => false);
      if (there) again();
    }, againMs);
    return () => clearInterval(timer);
  }, [trouble, expected, url]);

  if (trouble === null) {
    return <video key={attempt} class="clip" src={url} controls autoPlay muted playsInline loop={false} preload="metadata" onError={() => void findOut()} />;
  }
  const said = {
    missing: expected ? 'The clip is still being written. It is shown as soon as it is there.' : 'There is no clip any more: recordings are kept for record.keep_days, and for as long as there is room.',
    unreadable: 'This browser cannot play the clip; its codec may be unknown to it. Other players can.',
    unreachable: 'weir did not answer when asked for the clip.',
  }[trouble];
  return (
    <div class="clip-words" role="status">
      <p>{said}</p>
      <p>
        <button type="button" class="button" onClick={again}>Try again</button>
        {trouble === 'unreadable' && <a class="button" href={url} download>Download</a>}
      </p>
    </div>
  );
}
