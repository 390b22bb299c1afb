// The snapshot of an event with its box marked: all of it, or the part around the box as a thumbnail.
import { useState } from 'preact/hooks';
import { useStore } from '../lib/store';
import { colourOf } from '../video/paint';
import { streams } from '../wire/connection';
import { crop, percentages } from './crop';
import { recordingUrl, type WeirEvent } from './event';

export const thumbAspect = 16 / 9;

interface Props { event: WeirEvent; whole?: boolean; onMissing?: () => void }

export function EventPicture({ event, whole, onMissing }: Props) {
  const camera = useStore(streams).find((one) => one.name === event.camera);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const [missing, setMissing] = useState(false);
  if (event.snapshot === null || missing) {
    return <span class="event-picture none"><span>{event.snapshot === null ? 'no picture' : 'no picture any more'}</span></span>;
  }
  // The box is in the camera's pixels, the snapshot may be smaller.
  const size = camera !== undefined && camera.width > 0 ? camera : natural;
  const all = size && { x: 0, y: 0, w: size.width, h: size.height };
  const region = size && all && (whole === true ? all : crop(event.box, size.width, size.height, thumbAspect));
  const [x, y, w, h] = event.box;
  return (
    <span class="event-picture" style={{ aspectRatio: String(whole === true && size ? size.width / size.height : thumbAspect), color: colourOf(event) }}>
      <img src={`${recordingUrl(event.snapshot)}${event.over ? '' : `?frame=${event.end.frame}`}`} alt="" loading="lazy" decoding="async"
        style={all && region ? percentages(all, region) : {}}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => size === null && setNatural({ width: naturalWidth, height: naturalHeight })}
        onError={() => { setMissing(true); onMissing?.(); }} />
      {region && w > 0 && <i class="mark" style={percentages({ x, y, w, h }, region)} />}
    </span>
  );
}
