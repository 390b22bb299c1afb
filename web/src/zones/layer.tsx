// Zones, lines and masks over the picture. Its view box is the picture, and SVG fits it into the stage as the picture
// itself is fitted, so that shares of the picture stay where they are however much room is left at the sides.
import { useEffect, useRef, useState } from 'preact/hooks';
import { forward, middle, type Point, type Size } from './geometry';
import type { Shape } from './shape';
import type { Editor } from './editor';
import { usePointer } from './pointer';

interface Props {
  shapes: readonly Shape[];
  picture: Size;                     // in its own pixels
  says: (shape: Shape) => string;    // what stands at a shape
  editor: Editor | null;
}

const px = (points: readonly Point[], { w, h }: Size): string => points.map(([x, y]) => `${(x * w).toFixed(2)},${(y * h).toFixed(2)}`).join(' ');

// Pixels of the picture in one CSS pixel.
function useScale(element: { current: SVGSVGElement | null }, picture: Size): number {
  const [room, setRoom] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (element.current === null) return undefined;
    const watch = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect));
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return room.width > 0 && room.height > 0 ? 1 / Math.min(room.width / picture.w, room.height / picture.h) : 1;
}

export function ZoneLayer({ shapes, picture, says, editor }: Props) {
  const svg = useRef<SVGSVGElement>(null);
  const k = useScale(svg, picture);
  const pointer = usePointer(svg, picture, k, editor);
  const edit = editor?.edit ?? null;
  const bad = new Set(editor?.problems.filter((one) => one.field === 'points').map((one) => one.key));
  const chosen = edit?.shapes.find((shape) => shape.key === edit.selected);
  return (
    <svg ref={svg} class={`zones${editor === null ? '' : ' editing'}${edit?.tool ? ' drawing' : ''}`} viewBox={`0 0 ${picture.w} ${picture.h}`} {...pointer.handlers}
      role={editor === null ? 'img' : 'group'} aria-label={shapes.length === 0 ? 'No zones are drawn' : shapes.map((shape) => `${shape.kind} ${says(shape)}`).join(', ')}>
      <defs>
        <pattern id="zones-hatch" width={8 * k} height={8 * k} patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width={3 * k} height={8 * k} /></pattern>
      </defs>
      {shapes.map((shape) => (
        <g key={shape.key} class={`shape ${shape.kind}${shape.key === edit?.selected ? ' selected' : ''}${bad.has(shape.key) ? ' wrong' : ''}`} data-shape={shape.name}>
          <Outline shape={shape} picture={picture} k={k} />
          <Words shape={shape} picture={picture} k={k} words={says(shape)} />
        </g>
      ))}
      {chosen !== undefined && editor !== null && <Handles key={chosen.key} shape={chosen} editor={editor} numbered={bad.has(chosen.key)} picture={picture} k={k} />}
      {edit?.tool && <Draft points={edit.draft} hover={pointer.hover} tool={edit.tool} picture={picture} k={k} />}
    </svg>
  );
}

function Outline({ shape, picture, k }: { shape: Shape; picture: Size; k: number }) {
  const [a, b] = shape.points;
  if (shape.kind !== 'line') return <polygon points={px(shape.points, picture)} />;
  if (a === undefined || b === undefined) return null;
  const [mx, my] = [((a[0] + b[0]) / 2) * picture.w, ((a[1] + b[1]) / 2) * picture.h];
  const [fx, fy] = forward(a, b, picture);
  const tip: [number, number] = [mx + fx * 28 * k, my + fy * 28 * k];
  const wing = (side: number) => `${tip[0] - (fx * 9 - side * fy * 6) * k},${tip[1] - (fy * 9 + side * fx * 6) * k}`;
  return (
    <>
      <polyline class="under" points={px(shape.points, picture)} />
      <polyline points={px(shape.points, picture)} />
      <line class="arrow" x1={mx} y1={my} x2={tip[0]} y2={tip[1]} />
      <polygon class="head" points={`${tip.join()} ${wing(1)} ${wing(-1)}`} />
    </>
  );
}

function Words({ shape, picture, k, words }: { shape: Shape; picture: Size; k: number; words: string }) {
  const [x, y] = middle(shape.points);
  const [a, b] = shape.points;
  // Beside a line, where its arrow is not.
  const [fx, fy] = shape.kind === 'line' && a !== undefined && b !== undefined ? forward(a, b, picture) : [0, 0];
  const anchor = fx > 0.5 ? 'end' : fx < -0.5 ? 'start' : 'middle';
  const half = words.length * 3.6 * k;
  const least = anchor === 'middle' ? half : anchor === 'end' ? 2 * half : 0;
  const most = picture.w - (anchor === 'middle' ? half : anchor === 'start' ? 2 * half : 0);
  return (
    <text x={Math.max(least, Math.min(most, x * picture.w - fx * 10 * k))} y={Math.min(picture.h - 8 * k, Math.max(10 * k, y * picture.h - fy * 16 * k))}
      font-size={13 * k} stroke-width={3 * k} text-anchor={anchor} dominant-baseline="middle">{words}</text>
  );
}

interface HandlesProps { shape: Shape; editor: Editor; numbered: boolean; picture: Size; k: number }

function Handles({ shape, editor, numbered, picture, k }: HandlesProps) {
  const { points } = shape;
  const corner = editor.edit.corner;
  return (
    <g class="handles">
      {shape.kind !== 'line' && points.map((point, i) => {
        const [x, y] = middle([point, points[(i + 1) % points.length] ?? point]);
        return <circle key={`m${i}`} class="between" cx={x * picture.w} cy={y * picture.h} r={4 * k} />;
      })}
      {points.map(([x, y], i) => (
        <circle key={i} class={`corner${i === corner ? ' selected' : ''}`} cx={x * picture.w} cy={y * picture.h} r={(i === corner ? 8 : 6) * k} tabIndex={0} role="button"
          aria-label={`${shape.kind === 'line' ? 'End' : 'Corner'} ${i + 1} of ${shape.name}, ${Math.round(x * 100)} % across, ${Math.round(y * 100)} % down`} aria-pressed={i === corner}
          onFocus={() => editor.edit.corner !== i && editor.selectCorner(shape.key, i)} />
      ))}
      {/* Which end is which; and corners by number where words speak of them. */}
      {(shape.kind === 'line' || numbered) && points.map(([x, y], i) => (
        <text key={`t${i}`} x={x * picture.w} y={y * picture.h + (y < 0.1 ? 22 : -12) * k} font-size={12 * k} stroke-width={3 * k} text-anchor="middle">{shape.kind === 'line' ? 'ab'[i] : i + 1}</text>
      ))}
    </g>
  );
}

interface DraftProps { points: readonly Point[]; hover: Point | null; tool: Shape['kind']; picture: Size; k: number }

function Draft({ points, hover, tool, picture, k }: DraftProps) {
  const all = hover === null || points.length === 0 ? points : [...points, hover];
  return (
    <g class={`draft ${tool}`}>
      <polyline class="under" points={px(all, picture)} />
      <polyline points={px(all, picture)} />
      {points.map(([x, y], i) => <circle key={i} class="corner" cx={x * picture.w} cy={y * picture.h} r={(i === 0 && points.length >= 3 ? 9 : 5) * k} />)}
    </g>
  );
}
