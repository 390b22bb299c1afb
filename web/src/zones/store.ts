// What is drawn on each camera, and changes that are not saved yet: they outlive the view, so that leaving loses nothing.
import { useEffect } from 'preact/hooks';
import { fetchJson, words } from '../lib/http';
import { Store, useStore } from '../lib/store';
import { link } from '../wire/connection';
import { isChanged, type Edit } from './edit';
import { shapeDrawn, type Drawn } from './shape';

export interface DrawnState { drawn: Drawn | null; error: string | null }

export interface Drawing {
  state: Store<DrawnState>;
  edit: Store<Edit | null>;  // null: not edited since it was asked for
}

const drawings = new Map<string, Drawing>();

export function drawingOf(name: string): Drawing {
  let found = drawings.get(name);
  if (found === undefined) drawings.set(name, (found = { state: new Store<DrawnState>({ drawn: null, error: null }), edit: new Store<Edit | null>(null) }));
  return found;
}

export const drawnPath = (name: string): string => `/api/cameras/${encodeURIComponent(name)}/drawn`;

export async function load(name: string): Promise<void> {
  const { state, edit } = drawingOf(name);
  try {
    const drawn = shapeDrawn(await fetchJson(drawnPath(name), {}));
    state.set({ drawn, error: null });
    if (edit.value !== null && !isChanged(edit.value)) edit.set(null);
  } catch (cause) {
    state.set({ ...state.value, error: words(cause) });
  }
}

export function useDrawn(name: string): DrawnState {
  const open = useStore(link).phase === 'open';
  useEffect(() => {
    if (open) void load(name);
  }, [name, open]);
  return useStore(drawingOf(name).state);
}

addEventListener('beforeunload', (event) => {
  if ([...drawings.values()].some(({ edit }) => edit.value !== null && isChanged(edit.value))) event.preventDefault();
});

// Whether they are drawn over the picture while nobody edits them.
export const overlaid = new Store<boolean>(true);
