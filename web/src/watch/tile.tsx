// One camera on the wall. Subscribed only while it is on the screen.
import { useEffect, useRef, useState } from 'preact/hooks';
import { follow, pathOf } from '../lib/route';
import type { PlayerFigures } from '../video/player';
import type { StreamInfo } from '../wire/messages';
import { Caption } from './caption';
import { hookOf } from './hook';
import type { Placed } from './layout';
import { Stage } from './stage';

export function Tile({ info, placed }: { info: StreamInfo; placed: Placed }) {
  const element = useRef<HTMLAnchorElement>(null);
  const [shown, setShown] = useState(false);
  const [figures, setFigures] = useState<PlayerFigures | null>(null);

  useEffect(() => {
    if (element.current === null) return undefined;
    const watch = new IntersectionObserver((entries) => setShown(entries.some((entry) => entry.isIntersecting)), { rootMargin: '64px' });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);

  const target = { view: 'watch', camera: info.name } as const;
  return (
    <a ref={element} class="tile" href={pathOf(target)} aria-label={`Open ${info.name}`} style={{ width: `${placed.width}px` }} {...hookOf(info, figures)}
      onClick={(event) => follow(event, target)}>
      <div class="tile-picture" style={{ height: `${placed.height}px` }}>
        <Stage info={info} shown={shown} onFigures={setFigures} />
        {figures !== null && figures.objects !== '' && info.state === 'live' && <span class="badge-now" title="On the picture now">{figures.objects}</span>}
      </div>
      <Caption info={info} figures={figures} />
    </a>
  );
}
