// The zone editor of one camera: its state, its keys, and saving.
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { HttpError, putJson, words } from '../lib/http';
import { isFields, text } from '../lib/json';
import { useStore } from '../lib/store';
import { problemsOf, refusal } from './check';
import { begin, cancel, close, discard, isChanged, markSaved, moveCorner, moveShape, redo, remove, select, selectedShape, undo, unfinished, type Edit } from './edit';
import { place } from './geometry';
import { bodyOf, tomlOf, type Drawn, type Problem, type Shape } from './shape';
import { drawingOf, drawnPath } from './store';

export interface Said { tone: 'good' | 'bad' | 'none'; words: string; toml?: string }

export interface Editor {
  edit: Edit;
  changed: boolean;
  saving: boolean;
  problems: readonly Problem[];
  said: Said | null;
  update(change: (edit: Edit) => Edit): void;
  selectCorner(key: number, corner: number): void;
  remove(): void;
  save(): Promise<void>;
  discard(): void;
  copy(): Promise<void>;
}

const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let nudges = 0;

// One step of the arrow keys: a hundredth of the picture, with Shift five. A key that is held is one step to undo.
function nudge(edit: Edit, dx: number, dy: number, held: boolean): Edit {
  const shape = selectedShape(edit);
  if (shape === undefined) return edit;
  if (!held) nudges += 1;
  const tag = `nudge ${nudges}`;
  const point = edit.corner === null ? undefined : shape.points[edit.corner];
  if (edit.corner === null || point === undefined) return moveShape(edit, shape.key, dx, dy, tag);
  return moveCorner(edit, shape.key, edit.corner, place([point[0] + dx, point[1] + dy], { w: 1, h: 1 }, 0), tag);
}

export function useEditor(name: string, drawn: Drawn | null, on: boolean, leave: () => void): Editor | null {
  const drawing = drawingOf(name);
  const kept = useStore(drawing.edit);
  const [saving, setSaving] = useState(false);
  const [said, setSaid] = useState<Said | null>(null);
  const [refused, setRefused] = useState<{ problem: Problem; of: readonly Shape[] } | null>(null);
  const edit = kept ?? (drawn === null ? null : begin(drawn.shapes));
  const problems = useMemo(() => {
    const found = edit === null ? [] : problemsOf(edit.shapes);
    // What the server objected to holds until something is changed.
    return refused !== null && refused.of === edit?.shapes ? [...found, refused.problem] : found;
  }, [edit?.shapes, refused]);

  const update = (change: (edit: Edit) => Edit) => {
    const before = drawing.edit.value ?? edit;
    if (before === null) return;
    const next = change(before);
    if (next === before) return;
    drawing.edit.set(next);
    if (next.shapes !== before.shapes || next.draft !== before.draft) setSaid(null);
  };

  const removeSelected = () => {
    const before = drawing.edit.value ?? edit;
    const shape = before && selectedShape(before);
    update(remove);
    if (before?.corner != null && shape && shape.kind !== 'line' && shape.points.length <= 3) {
      setSaid({ tone: 'none', words: `A ${shape.kind} needs 3 corners. Delete once more removes all of it.` });
    }
  };

  const complete = () => {
    const why = unfinished(drawing.edit.value ?? begin([]));
    if (why === null) update(close);
    else setSaid({ tone: 'bad', words: why });
  };

  async function save(): Promise<void> {
    const now = drawing.edit.value;
    if (now === null || saving) return;
    const [first] = problemsOf(now.shapes);
    if (first !== undefined) {
      update((one) => select(one, first.key));
      const shape = now.shapes.find((one) => one.key === first.key);
      setSaid({ tone: 'bad', words: `Not saved. ${shape?.kind ?? ''} ${shape?.name ?? ''}: ${first.words}` });
      return;
    }
    if (now.draft.length > 0) {
      setSaid({ tone: 'bad', words: `Not saved. ${unfinished(now) ?? 'A shape is still being drawn: Enter completes it, Escape drops it.'}` });
      return;
    }
    setSaving(true);
    setSaid({ tone: 'none', words: 'Saving …' });
    try {
      const answer = await putJson(drawnPath(name), bodyOf(now.shapes));
      drawing.edit.set(markSaved(drawing.edit.value ?? now, now.shapes));
      const state = drawing.state.value;
      drawing.state.set({ ...state, drawn: state.drawn && { ...state.drawn, shapes: now.shapes } });
      const fields = isFields(answer) ? answer : {};
      setSaid(fields['saved'] === true ? { tone: 'good', words: `In force, and written to ${text(fields['file']) || 'the settings file'}.` }
        : { tone: 'good', words: `In force now, until weir ends: ${text(fields['reason']) || 'it could not be written to a file'}. To keep it, put this into a settings file:`,
            toml: text(fields['toml']) || tomlOf(name, now.shapes) });
    } catch (cause) {
      const problem = cause instanceof HttpError && cause.status < 500 ? refusal(cause.message, now.shapes) : null;
      if (problem !== null) {
        update((one) => select(one, problem.key));
        setRefused({ problem, of: now.shapes });
      }
      setSaid({ tone: 'bad', words: `${cause instanceof HttpError ? 'weir refused it' : 'weir could not be asked'}: ${words(cause)}. Your drawing is still here.` });
    }
    setSaving(false);
  }

  async function copy(): Promise<void> {
    const toml = tomlOf(name, edit?.shapes ?? []);
    try {
      await navigator.clipboard.writeText(toml);
      setSaid({ tone: 'good', words: 'Copied, as lines for a settings file.' });
    } catch {
      setSaid({ tone: 'none', words: 'This browser does not let the page copy. Copy it from here:', toml });
    }
  }

  useLayoutEffect(() => {
    if (!on) return undefined;
    const onKey = (event: KeyboardEvent) => {
      const { target } = event;
      if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
        if (event.key === 'Escape' || event.key === 'Enter') target.blur();
        return;
      }
      const now = drawing.edit.value ?? edit;
      if (now === null) return;
      const command = event.ctrlKey || event.metaKey;
      const arrow = arrows[event.key];
      const part = event.shiftKey ? 0.05 : 0.01;
      let change: (() => void) | null = null;
      if (command && event.key.toLowerCase() === 'z') change = () => update(event.shiftKey ? redo : undo);
      else if (command && event.key.toLowerCase() === 'y') change = () => update(redo);
      else if (command || event.altKey) return;
      else if (event.key === 'Escape') change = () => (cancel(now) === now ? leave() : update(cancel));
      else if (event.key === 'Enter' && now.draft.length > 0) change = complete;
      else if (event.key === 'Delete' || event.key === 'Backspace') change = removeSelected;
      else if (arrow !== undefined && now.selected !== null) change = () => update((one) => nudge(one, arrow[0] * part, arrow[1] * part, event.repeat));
      else if (event.key === 'z') change = leave;
      if (change !== null) {
        event.preventDefault();
        change();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });

  if (!on || edit === null) return null;
  return {
    edit, problems, said, saving, update, save, copy,
    changed: isChanged(edit),
    selectCorner: (key, corner) => update((one) => select(one, key, corner)),
    remove: removeSelected,
    discard: () => {
      update(discard);
      setSaid({ tone: 'none', words: 'Discarded. Undo brings it back.' });
    },
  };
}
