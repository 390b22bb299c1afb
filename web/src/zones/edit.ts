// Editing a drawing: every step gives a new state, and those that change shapes can be undone. No DOM in here.
import { plural } from '../lib/format';
import { maxPoints, type Point } from './geometry';
import { newKey, sameDrawing, type Kind, type Shape } from './shape';

export interface Edit {
  saved: readonly Shape[];   // what the server has
  shapes: readonly Shape[];
  selected: number | null;   // a shape's key
  corner: number | null;     // of the selected shape
  tool: Kind | null;         // what is being drawn
  draft: readonly Point[];
  past: readonly (readonly Shape[])[];
  future: readonly (readonly Shape[])[];
  tag: string;               // steps with the same tag, one after the other, are undone as one
}

const kept = 200;

export const begin = (shapes: readonly Shape[]): Edit => ({ saved: shapes, shapes, selected: null, corner: null, tool: null, draft: [], past: [], future: [], tag: '' });
export const isChanged = (edit: Edit): boolean => edit.draft.length > 0 || !sameDrawing(edit.saved, edit.shapes);
export const selectedShape = (edit: Edit): Shape | undefined => edit.shapes.find((shape) => shape.key === edit.selected);

function step(edit: Edit, shapes: readonly Shape[], tag = ''): Edit {
  const goesOn = tag !== '' && tag === edit.tag;
  return { ...edit, shapes, tag, past: goesOn ? edit.past : [...edit.past, edit.shapes].slice(-kept), future: [] };
}

function changeShape(edit: Edit, key: number, change: (shape: Shape) => Shape, tag = ''): Edit {
  return step(edit, edit.shapes.map((shape) => (shape.key === key ? change(shape) : shape)), tag);
}

export const select = (edit: Edit, key: number | null, corner: number | null = null): Edit =>
  ({ ...edit, selected: key, corner, tool: null, draft: [], tag: '' });

export const pickTool = (edit: Edit, tool: Kind | null): Edit => ({ ...edit, tool, draft: [], selected: null, corner: null, tag: '' });

function freeName(shapes: readonly Shape[], kind: Kind): string {
  for (let n = 1; ; n += 1) if (!shapes.some((shape) => shape.kind === kind && shape.name === `${kind}-${n}`)) return `${kind}-${n}`;
}

function add(edit: Edit, kind: Kind, points: readonly Point[], corner: number | null): Edit {
  const shape: Shape = { key: newKey(), kind, name: freeName(edit.shapes, kind), points, classes: [], dwellS: 0 };
  return { ...step(edit, [...edit.shapes, shape]), tool: null, draft: [], selected: shape.key, corner };
}

// The next corner; the second end of a line completes it.
export function addPoint(edit: Edit, point: Point): Edit {
  if (edit.tool === null || edit.draft.length >= maxPoints) return edit;
  const draft = [...edit.draft, point];
  return edit.tool === 'line' && draft.length === 2 ? add(edit, 'line', draft, null) : { ...edit, draft };
}

// The drawn area is complete; with fewer than three corners it is not.
export const close = (edit: Edit): Edit =>
  (edit.tool === null || edit.tool === 'line' || edit.draft.length < 3 ? edit : add(edit, edit.tool, edit.draft, null));

// Why what is being drawn cannot be completed as it is, in words; null: it can, or nothing is being drawn.
export function unfinished({ tool, draft }: Edit): string | null {
  if (tool === null || draft.length === 0) return null;
  if (tool === 'line') return 'The line has one end. Click the other one, or drop it with Escape.';
  return draft.length >= 3 ? null : `The ${tool} has ${plural(draft.length, 'corner')}; it needs at least 3. Click more, or drop it with Escape.`;
}

// In the middle of the picture, to be moved with the keys.
export const addInMiddle = (edit: Edit, kind: Kind): Edit =>
  add(edit, kind, kind === 'line' ? [[0.35, 0.6], [0.65, 0.6]] : [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]], 0);

// The innermost thing that is going on ends; the same state: there is none.
export function cancel(edit: Edit): Edit {
  if (edit.draft.length > 0) return { ...edit, draft: [] };
  if (edit.tool !== null) return { ...edit, tool: null };
  if (edit.corner !== null) return { ...edit, corner: null };
  return edit.selected === null ? edit : { ...edit, selected: null };
}

export const moveCorner = (edit: Edit, key: number, corner: number, to: Point, tag: string): Edit =>
  changeShape(edit, key, (shape) => ({ ...shape, points: shape.points.map((point, i) => (i === corner ? to : point)) }), tag);

// By a step that leaves all of it inside the picture.
export function moveShape(edit: Edit, key: number, dx: number, dy: number, tag: string): Edit {
  return changeShape(edit, key, (shape) => {
    const within = (by: number, axis: 0 | 1) => {
      const values = shape.points.map((point) => point[axis]);
      return Math.min(1 - Math.max(...values), Math.max(0 - Math.min(...values), by));
    };
    const [x, y] = [within(dx, 0), within(dy, 1)];
    const round = (value: number) => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
    return { ...shape, points: shape.points.map((point): Point => [round(point[0] + x), round(point[1] + y)]) };
  }, tag);
}

export function insertCorner(edit: Edit, key: number, after: number, point: Point, tag: string): Edit {
  const shape = edit.shapes.find((one) => one.key === key);
  if (shape === undefined || shape.points.length >= maxPoints) return edit;
  const made = changeShape(edit, key, (one) => ({ ...one, points: [...one.points.slice(0, after + 1), point, ...one.points.slice(after + 1)] }), tag);
  return { ...made, selected: key, corner: after + 1 };
}

export const setField = (edit: Edit, key: number, change: Partial<Pick<Shape, 'name' | 'classes' | 'dwellS'>>): Edit =>
  changeShape(edit, key, (shape) => ({ ...shape, ...change }), 'name' in change || 'dwellS' in change ? `${key} ${Object.keys(change).join()}` : '');

export const turnAround = (edit: Edit, key: number): Edit => changeShape(edit, key, (shape) => ({ ...shape, points: [...shape.points].reverse() }));

// The selected corner, or the selected shape. A corner that an area cannot do without is only let go of.
export function remove(edit: Edit): Edit {
  const shape = selectedShape(edit);
  if (shape === undefined) return edit;
  const { corner } = edit;
  if (corner !== null && shape.kind !== 'line') {
    if (shape.points.length <= 3) return { ...edit, corner: null };
    return { ...changeShape(edit, shape.key, (one) => ({ ...one, points: one.points.filter((_, i) => i !== corner) })), corner: null };
  }
  return { ...step(edit, edit.shapes.filter((one) => one !== shape)), selected: null, corner: null };
}

function restored(edit: Edit, shapes: readonly Shape[]): Edit {
  const shape = shapes.find((one) => one.key === edit.selected);
  const corner = edit.corner !== null && shape !== undefined && edit.corner < shape.points.length ? edit.corner : null;
  return { ...edit, shapes, selected: shape?.key ?? null, corner, tool: null, tag: '' };
}

export function undo(edit: Edit): Edit {
  if (edit.draft.length > 0) return { ...edit, draft: edit.draft.slice(0, -1) };
  const before = edit.past[edit.past.length - 1];
  return before === undefined ? edit : { ...restored(edit, before), past: edit.past.slice(0, -1), future: [edit.shapes, ...edit.future] };
}

export function redo(edit: Edit): Edit {
  const next = edit.future[0];
  return next === undefined || edit.draft.length > 0 ? edit : { ...restored(edit, next), past: [...edit.past, edit.shapes], future: edit.future.slice(1) };
}

// Back to what the server has; that can be undone too.
export const discard = (edit: Edit): Edit => ({ ...restored({ ...step(edit, edit.saved), draft: [] }, edit.saved) });

export const markSaved = (edit: Edit, shapes: readonly Shape[]): Edit => ({ ...edit, saved: shapes });
