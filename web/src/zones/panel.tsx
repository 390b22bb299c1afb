// Beside the picture while zones are edited: tools, the list of what is drawn, and the selected shape's settings.
import { useState } from 'preact/hooks';
import { useStore } from '../lib/store';
import { seenClasses } from '../events/feed';
import { addInMiddle, pickTool, redo, select, selectedShape, setField, turnAround, undo } from './edit';
import type { Editor } from './editor';
import { kinds, type Drawn, type Kind, type Shape } from './shape';

const titles: Record<Kind, string> = { zone: 'Zone', line: 'Line', mask: 'Mask' };
const purposes: Record<Kind, string> = {
  zone: 'Entering, leaving and staying in it are events',
  line: 'Who crosses it is counted, each way',
  mask: 'Nothing is looked for in here',
};

function hint({ edit }: Editor): string {
  if (edit.tool === 'line') return edit.draft.length === 0 ? 'Click the line’s first end on the picture, or drag it from end to end.' : 'Click the other end. Escape drops it.';
  if (edit.tool !== null) {
    return edit.draft.length < 3 ? 'Click the corners one after the other on the picture.' : 'Click the first corner or press Enter to complete it. Ctrl+Z takes the last corner back, Escape drops all.';
  }
  const shape = selectedShape(edit);
  if (shape === undefined) return edit.shapes.length === 0 ? 'Nothing is drawn yet. Choose what to draw:' : 'Click a shape to change it, or draw another one.';
  if (edit.corner !== null) return 'Drag the corner, or move it with the arrow keys (with Shift further). Delete removes it.';
  return shape.kind === 'line' ? 'Drag an end, or all of it. Delete removes the line.' : 'Drag a corner or all of it; pull at an edge for a new corner. Delete removes it.';
}

export function ZonePanel({ name, drawn, editor, leave }: { name: string; drawn: Drawn; editor: Editor; leave: () => void }) {
  const { edit, problems, said } = editor;
  return (
    <section class="card zone-panel" aria-label={`Zones of ${name}`}>
      <div class="card-head">
        <h2>Zones of {name}</h2>
        <button type="button" class="button" onClick={leave}>Close <kbd>Esc</kbd></button>
      </div>
      <p class="zone-hint quiet" role="status">{hint(editor)}</p>
      <div class="zone-tools">
        {kinds.map((kind) => (
          <button key={kind} type="button" class="button" aria-pressed={edit.tool === kind} title={purposes[kind]}
            onClick={(event) => editor.update((one) => (
              // Pressed with a key there is no pointer to draw with: a shape in the middle is moved with the keys.
              event.detail === 0 ? addInMiddle(one, kind) : pickTool(one, one.tool === kind ? null : kind)))}>
            <Sign kind={kind} /> {titles[kind]}
          </button>
        ))}
        <span class="zone-undo">
          <button type="button" class="button" disabled={edit.past.length === 0 && edit.draft.length === 0} title="Undo, Ctrl+Z" aria-label="Undo" onClick={() => editor.update(undo)}>↶</button>
          <button type="button" class="button" disabled={edit.future.length === 0} title="Redo, Ctrl+Shift+Z" aria-label="Redo" onClick={() => editor.update(redo)}>↷</button>
        </span>
      </div>
      <ul class="zone-list">
        {edit.shapes.map((shape) => {
          const open = shape.key === edit.selected;
          const wrong = problems.some((one) => one.key === shape.key);
          return (
            <li key={shape.key} class={open ? 'open' : ''}>
              <button type="button" class="zone-row" aria-expanded={open} onClick={() => editor.update((one) => select(one, open ? null : shape.key))}>
                <Sign kind={shape.kind} /> <strong>{shape.name === '' ? 'without a name' : shape.name}</strong> <span class="quiet">{shape.kind}</span>
                {wrong && <span class="bad" title="Something is wrong with it">! <span class="hidden">wrong</span></span>}
              </button>
              {open && <Form shape={shape} drawn={drawn} editor={editor} />}
            </li>
          );
        })}
      </ul>
      <div class="zone-actions">
        <button type="button" class="button primary" disabled={!editor.changed || editor.saving} onClick={() => void editor.save()}>Save</button>
        <button type="button" class="button" disabled={!editor.changed || editor.saving} onClick={editor.discard}>Discard</button>
        <button type="button" class="button" disabled={edit.shapes.length === 0} onClick={() => void editor.copy()}>Copy as TOML</button>
      </div>
      <div class="zone-said" role="status">
        {said !== null ? <p class={`tone-${said.tone}`}>{said.words}</p>
          : <p class="quiet">{editor.changed ? 'Changed, not saved yet.' : drawn.file === null ? 'weir was started without a settings file: what is saved is in force until it ends.' : `Saved in ${drawn.file}.`}</p>}
        {said?.toml !== undefined && <pre tabIndex={0}>{said.toml}</pre>}
        {said?.toml !== undefined && said.tone === 'good' && <button type="button" class="button" onClick={() => void editor.copy()}>Copy</button>}
      </div>
    </section>
  );
}

function Sign({ kind }: { kind: Kind }) {
  return (
    <svg class={`zone-sign ${kind}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {kind === 'line' ? <><path d="M2 8h12" /><path d="M8 8v6M6 12l2 2 2-2" /></> : <path d="M2 5l9-3 3 10-11 2z" />}
      {kind === 'mask' && <path d="M4 12l7-8M7 13l5-6" />}
    </svg>
  );
}

function Form({ shape, drawn, editor }: { shape: Shape; drawn: Drawn; editor: Editor }) {
  const wrong = (field: string) => editor.problems.filter((one) => one.key === shape.key && one.field === field).map((one) => <p key={one.words} class="bad" role="alert">{one.words}</p>);
  const { key } = shape;
  const { corner } = editor.edit;
  return (
    <div class="zone-form">
      {wrong('points')}
      <label>Name
        <input type="text" name="name" value={shape.name} maxLength={64} spellcheck={false} autocomplete="off" aria-invalid={wrong('name').length > 0}
          onInput={(event) => { const name = event.currentTarget.value; editor.update((one) => setField(one, key, { name })); }} />
      </label>
      {wrong('name')}
      {shape.kind === 'mask' ? <p class="quiet">Neither movement nor objects count in here.</p> : <Classes shape={shape} drawn={drawn} editor={editor} />}
      {wrong('classes')}
      {shape.kind === 'zone' && (
        <label>Dwell
          <span class="with-unit"><input type="number" name="dwell" min={0} max={86400} step={1} value={shape.dwellS} aria-invalid={wrong('dwell_s').length > 0}
            onInput={(event) => { const dwellS = Number(event.currentTarget.value) || 0; editor.update((one) => setField(one, key, { dwellS })); }} />
          <span class="quiet">seconds inside are an event of their own; 0: never</span></span>
        </label>
      )}
      {wrong('dwell_s')}
      {shape.kind === 'line' && <p class="quiet">The arrow points forward. <button type="button" class="button" onClick={() => editor.update((one) => turnAround(one, key))}>Turn around</button></p>}
      <button type="button" class="button" onClick={editor.remove}>{corner !== null && shape.kind !== 'line' ? `Remove corner ${corner + 1}` : `Remove ${shape.kind}`}</button>
    </div>
  );
}

const fewClasses = 8;

function Classes({ shape, drawn, editor }: { shape: Shape; drawn: Drawn; editor: Editor }) {
  const [whole, setWhole] = useState(false);
  const seen = useStore(seenClasses);
  const set = (classes: readonly string[]) => editor.update((one) => setField(one, shape.key, { classes }));
  // Those that have been seen come first: of eighty that a model knows few are ever met.
  const known = [...new Set([...shape.classes, ...drawn.classes.filter((one) => seen.includes(one)), ...drawn.classes])];
  const shown = whole || known.length <= fewClasses + 2 ? known : known.slice(0, Math.max(fewClasses, shape.classes.length));
  return (
    <div class="zone-classes" role="group" aria-label="Classes that count">
      <span>Counts</span>
      <span class="chips">
        <button type="button" class="chip" aria-pressed={shape.classes.length === 0} onClick={() => set([])}>all</button>
        {shown.map((one) => {
          const on = shape.classes.includes(one);
          return (
            <button key={one} type="button" class={`chip${drawn.classes.includes(one) ? '' : ' unknown'}`} aria-pressed={on} title={drawn.classes.includes(one) ? '' : 'The engine in use does not know this class'}
              onClick={() => set(on ? shape.classes.filter((other) => other !== one) : [...shape.classes, one])}>{one}</button>
          );
        })}
        {shown.length < known.length && <button type="button" class="chip more" onClick={() => setWhole(true)}>{known.length - shown.length} more …</button>}
      </span>
    </div>
  );
}
