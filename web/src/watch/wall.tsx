// All cameras.
import { useEffect, useRef, useState } from 'preact/hooks';
import { plural } from '../lib/format';
import { useStore } from '../lib/store';
import { streams } from '../wire/connection';
import { layOut } from './layout';
import { Tile } from './tile';

const gap = 8;
const captionHeight = 36;

export function Wall() {
  const all = useStore(streams);
  const element = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 0, height: 0 });

  useEffect(() => {
    const box = element.current;
    if (box === null) return undefined;
    const measure = () => setRoom({ width: box.clientWidth, height: innerHeight - box.getBoundingClientRect().top - scrollY - gap });
    const watch = new ResizeObserver(measure);
    watch.observe(box);
    addEventListener('resize', measure);
    return () => {
      watch.disconnect();
      removeEventListener('resize', measure);
    };
  }, []);

  const placed = layOut(all.map((info) => (info.width > 0 && info.height > 0 ? info.width / info.height : 16 / 9)),
    { ...room, gap, caption: captionHeight });
  return (
    <main class="wall" ref={element} aria-label={plural(all.length, 'camera')}>
      {all.length === 0 && (
        <section class="empty">
          <h2>No cameras yet</h2>
          <p>Start weir with one or more sources and they appear here:</p>
          <pre>weir watch street.mp4 rtsp://camera.local/stream demo:yard</pre>
        </section>
      )}
      {room.width > 0 && all.map((info, i) => {
        const place = placed[i];
        return place && <Tile key={info.name} info={info} placed={place} />;
      })}
    </main>
  );
}
