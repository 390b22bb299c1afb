// Mouse, pen and finger on the picture: drawing corners, and dragging corners, edges and whole shapes.
import { useRef, useState } from 'preact/hooks';
import { addPoint, close, insertCorner, moveCorner, moveShape, select, type Edit } from './edit';
import type { Editor } from './editor';
import { distance, place, type Point, type Size } from './geometry';
import { hitTest } from './hit';

// `corner`: null for the whole shape. `grip`: from the pointer to the corner that it holds.
interface Drag { key: number; corner: number | null; grip: Point; last: Point; moving: boolean; tag: string }

const snapPx = 8;          // a border of the picture this near is meant
const sameSpotPx = 4;      // the second half of a double click is no corner
const reachPx = { mouse: 10, touch: 22 };
let drags = 0;

const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1]];

// `k`: pixels of the picture in one CSS pixel.
export function usePointer(svg: { current: SVGSVGElement | null }, picture: Size, k: number, editor: Editor | null) {
  const [hover, setHover] = useState<Point | null>(null);
  const drag = useRef<Drag | null>(null);
  const size: Size = { w: picture.w / k, h: picture.h / k };

  const toShare = (event: PointerEvent): Point => {
    const toScreen = svg.current?.getScreenCTM();
    if (!toScreen) return [0, 0];
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(toScreen.inverse());
    return [at.x / picture.w, at.y / picture.h];
  };

  function draw(edit: Edit, at: Point, reach: number): Edit {
    const [first] = edit.draft;
    const last = edit.draft[edit.draft.length - 1];
    if (edit.tool !== 'line' && edit.draft.length >= 3 && first !== undefined && distance(first, at, size) <= reach) return close(edit);
    if (last !== undefined && distance(last, at, size) <= sameSpotPx) return edit;
    return addPoint(edit, place(at, size, snapPx));
  }

  function grab(edit: Edit, at: Point, reach: number): Edit {
    const hit = hitTest(edit.shapes, edit.selected, at, size, reach);
    if (hit === null) return select(edit, null);
    const tag = `drag ${(drags += 1)}`;
    const start = { key: hit.key, last: at, tag, moving: false, corner: null, grip: [0, 0] as Point };
    if (hit.on === 'edge') {
      const made = insertCorner(edit, hit.key, hit.after, place(hit.point, size, 0), tag);
      if (made !== edit) drag.current = { ...start, corner: hit.after + 1, grip: minus(hit.point, at) };
      return made;
    }
    if (hit.on === 'body') {
      drag.current = start;
      return select(edit, hit.key);
    }
    const corner = edit.shapes.find((shape) => shape.key === hit.key)?.points[hit.corner] ?? at;
    drag.current = { ...start, corner: hit.corner, grip: minus(corner, at) };
    return select(edit, hit.key, hit.corner);
  }

  if (editor === null) return { hover: null, handlers: {} };
  const down = (event: PointerEvent) => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    // The keys are for the drawing from here on, not for a field that was being written in.
    (document.activeElement as HTMLElement | null)?.blur();
    svg.current?.setPointerCapture(event.pointerId);
    const at = toShare(event);
    const reach = event.pointerType === 'touch' ? reachPx.touch : reachPx.mouse;
    drag.current = null;
    editor.update((edit) => (edit.tool === null ? grab(edit, at, reach) : draw(edit, at, reach)));
    setHover(null);
  };
  const move = (event: PointerEvent) => {
    const at = toShare(event);
    const held = drag.current;
    if (held === null) {
      setHover(editor.edit.tool !== null ? place(at, size, snapPx) : null);
      return;
    }
    const { key, corner, grip, tag } = held;
    if (corner !== null) editor.update((edit) => moveCorner(edit, key, corner, place([at[0] + grip[0], at[1] + grip[1]], size, snapPx), tag));
    else {
      // A hand that trembles moves nothing.
      if (!held.moving && distance(at, held.last, size) <= sameSpotPx) return;
      editor.update((edit) => moveShape(edit, key, at[0] - held.last[0], at[1] - held.last[1], tag));
      drag.current = { ...held, last: at, moving: true };
    }
  };
  const up = (event: PointerEvent) => {
    drag.current = null;
    // A line may also be drawn in one go, from end to end.
    const at = toShare(event);
    editor.update((edit) => {
      const [first] = edit.draft;
      return edit.tool === 'line' && first !== undefined && distance(first, at, size) > 2 * reachPx.touch ? draw(edit, at, 0) : edit;
    });
    if (event.pointerType === 'touch') setHover(null);
  };
  return { hover, handlers: { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: () => { drag.current = null; },
    onPointerLeave: () => setHover(null), onDblClick: () => editor.update(close) } };
}
