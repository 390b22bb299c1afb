// The picture of one stream with its boxes; used by the wall's tiles and by the single view.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useStore } from '../lib/store';
import { visible } from '../lib/visible';
import { Player, type PlayerFigures } from '../video/player';
import { link } from '../wire/connection';
import type { StreamInfo } from '../wire/messages';
import { emptyWords } from './state';

const figuresEveryMs = 250;

// Subscribes while `shown` and the page is visible; tells its figures a few times a second.
// With `pointing`, the box under the pointer says more of itself.
interface Props { info: StreamInfo; shown: boolean; pointing?: boolean; onFigures: (figures: PlayerFigures | null) => void }

export function Stage({ info, shown, pointing, onFigures }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const player = useRef<Player | null>(null);
  const [drawn, setDrawn] = useState(false);
  const pageShown = useStore(visible);
  const open = useStore(link).phase === 'open';
  const active = shown && pageShown;

  useEffect(() => {
    if (!active || canvas.current === null || overlay.current === null) return undefined;
    const made = new Player(info, canvas.current, overlay.current);
    player.current = made;
    const timer = setInterval(() => {
      const figures = made.figures(Date.now() * 1000);
      if (figures.frames > 0) setDrawn(true);
      onFigures(figures);
    }, figuresEveryMs);
    return () => {
      clearInterval(timer);
      made.close();
      player.current = null;
    };
    // The player lives as long as the stream's name; everything else reaches it through update().
  }, [active, info.name]);

  useEffect(() => player.current?.update(info), [info]);

  const stale = !open || info.state === 'stalled' || info.state === 'parked' || info.state === 'connecting' || info.state === 'ended';
  return (
    <div class={`stage${stale ? ' stale' : ''}`}
      {...(pointing === true && {
        onPointerMove: (event: PointerEvent & { currentTarget: HTMLElement }) => {
          const { left, top } = event.currentTarget.getBoundingClientRect();
          player.current?.pointAt({ x: event.clientX - left, y: event.clientY - top });
        },
        onPointerLeave: () => player.current?.pointAt(null),
      })}>
      <canvas ref={canvas} class="picture" width={16} height={9} />
      <canvas ref={overlay} class="overlay" width={16} height={9} />
      {(!drawn || info.state !== 'live') && <p class="stage-words">{open ? emptyWords(info) : 'The connection to weir is lost'}</p>}
    </div>
  );
}
