import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemsOf, refusal } from './check';
import { addInMiddle, addPoint, begin, cancel, close, discard, insertCorner, isChanged, markSaved, moveCorner, moveShape, pickTool, redo, remove, select, selectedShape,
         setField, turnAround, undo, unfinished, type Edit } from './edit';
import type { Point } from './geometry';
import { hitTest } from './hit';
import { bodyOf, shapeDrawn, tomlOf, type Kind } from './shape';

const corners: Point[] = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];
const json = { zones: [{ name: 'door', points: corners, classes: ['person'], dwell_s: 5 }], lines: [{ name: 'gate', points: [[0.1, 0.9], [0.9, 0.9]], classes: [] }],
  masks: [{ name: 'tree', points: [[0.8, 0], [1, 0], [1, 0.15]] }], classes: ['person', 'car'], file: 'cameras.toml', toml: '' };
const start = () => begin(shapeDrawn(json).shapes);
const draw = (edit: Edit, kind: Kind, points: Point[]) => points.reduce(addPoint, pickTool(edit, kind));
const names = (edit: Edit) => edit.shapes.map((shape) => shape.name);

test('what the server says is what it is given back', () => {
  const { classes: _classes, file: _file, toml: _toml, ...body } = json;
  assert.deepEqual(bodyOf(start().shapes), body);
  assert.throws(() => shapeDrawn({ ...json, zones: [{ name: 'x' }] }));
});

test('a drawing as lines of a settings file', () => {
  assert.equal(tomlOf('yard 2', start().shapes), `[cameras."yard 2".zones.door]
points = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]
classes = ["person"]
dwell_s = 5

[cameras."yard 2".lines.gate]
points = [[0.1, 0.9], [0.9, 0.9]]

[cameras."yard 2".masks.tree]
points = [[0.8, 0], [1, 0], [1, 0.15]]`);
});

test('an area is closed from three corners on, a line has two ends', () => {
  const open = draw(start(), 'zone', corners.slice(0, 2));
  assert.equal(close(open), open);
  const made = close(addPoint(open, [0.5, 0.9]));
  assert.deepEqual([names(made), made.tool, selectedShape(made)?.points.length], [['door', 'gate', 'tree', 'zone-1'], null, 3]);
  assert.match(unfinished(open) ?? '', /zone has 2 corners; it needs at least 3/);
  assert.match(unfinished(draw(start(), 'line', [[0, 0]])) ?? '', /one end/);
  for (const edit of [start(), pickTool(start(), 'mask'), addPoint(open, [0.5, 0.9]), made]) assert.equal(unfinished(edit), null);
  const line = draw(made, 'line', [[0, 0], [1, 1]]);
  assert.equal(selectedShape(line)?.name, 'line-1');
});

test('what is done can be undone and done again, in any number', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  let state = seed + 1;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  let edit = start();
  const seen = [JSON.stringify(edit.shapes)];
  for (let i = 0; i < 100; i += 1) {
    const shape = edit.shapes[Math.floor(random() * edit.shapes.length)];
    const what = Math.floor(random() * 5);
    if (shape === undefined || what === 0) edit = addInMiddle(edit, 'zone');
    else if (what === 1) edit = moveCorner(edit, shape.key, 0, [random(), random()], `m${i}`);
    else if (what === 2) edit = remove(select(edit, shape.key));
    else if (what === 3) edit = insertCorner(edit, shape.key, 0, [random(), random()], `i${i}`);
    else edit = moveShape(edit, shape.key, random() - 0.5, random() - 0.5, `s${i}`);
    seen.push(JSON.stringify(edit.shapes));
  }
  for (let i = seen.length - 1; i >= 0; i -= 1) {
    assert.equal(JSON.stringify(edit.shapes), seen[i], `seed ${seed}, back at ${i}`);
    edit = undo(edit);
  }
  for (const one of seen.slice(1)) {
    edit = redo(edit);
    assert.equal(JSON.stringify(edit.shapes), one, `seed ${seed}`);
  }
});

test('a drag is one step, and so is a name that is typed', () => {
  let edit = start();
  const { key } = edit.shapes[0] ?? { key: 0 };
  for (let i = 1; i < 9; i += 1) edit = moveCorner(edit, key, 0, [i / 10, 0.1], 'drag 1');
  edit = ['n', 'ne', 'new'].reduce((now, name) => setField(now, key, { name }), edit);
  assert.equal(names(edit)[0], 'new');
  edit = undo(edit);
  assert.deepEqual([names(edit)[0], edit.shapes[0]?.points[0]], ['door', [0.8, 0.1]]);
  assert.equal(isChanged(undo(edit)), false);
});

test('undo takes back corners of what is being drawn before anything else', () => {
  const edit = undo(draw(start(), 'zone', corners));
  assert.deepEqual([edit.draft.length, edit.tool, edit.shapes.length], [3, 'zone', 3]);
});

test('escape ends one thing after the other, and then nothing', () => {
  let edit = draw(start(), 'mask', corners);
  assert.equal((edit = cancel(edit)).draft.length, 0);
  assert.equal((edit = cancel(edit)).tool, null);
  edit = select(edit, edit.shapes[0]?.key ?? 0, 2);
  assert.equal((edit = cancel(edit)).corner, null);
  assert.equal((edit = cancel(edit)).selected, null);
  assert.equal(cancel(edit), edit);
});

test('delete removes the corner or the shape; an area keeps three corners', () => {
  const edit = start();
  const [door, gate] = edit.shapes.map((shape) => shape.key) as [number, number];
  let now = remove(select(edit, door, 1));
  assert.deepEqual(now.shapes[0]?.points, [[0.2, 0.2], [0.8, 0.8], [0.2, 0.8]]);
  now = remove(select(now, door, 1));
  assert.deepEqual([now.shapes[0]?.points.length, now.selected, now.corner], [3, door, null]);
  assert.deepEqual(names(remove(now)), ['gate', 'tree']);
  assert.deepEqual(names(remove(select(edit, gate, 0))), ['door', 'tree']);
});

test('a shape that is moved stays in the picture, and keeps its form', () => {
  const edit = start();
  const moved = moveShape(edit, edit.shapes[0]?.key ?? 0, 5, -0.1, '');
  assert.deepEqual(moved.shapes[0]?.points, [[0.4, 0.1], [1, 0.1], [1, 0.7], [0.4, 0.7]]);
});

test('a line turned around has its ends changed over', () => {
  const edit = start();
  assert.deepEqual(turnAround(edit, edit.shapes[1]?.key ?? 0).shapes[1]?.points, [[0.9, 0.9], [0.1, 0.9]]);
});

test('changed means other than what the server has; discard can be undone', () => {
  let edit = addInMiddle(start(), 'line');
  assert.equal(isChanged(edit), true);
  assert.equal(isChanged(discard(edit)), false);
  assert.equal(undo(discard(edit)).shapes.length, 4);
  edit = markSaved(edit, edit.shapes);
  assert.deepEqual([isChanged(edit), isChanged(undo(edit))], [false, true]);
});

test('problems are found at the shape that has them', () => {
  let edit = start();
  const [door, gate] = edit.shapes.map((shape) => shape.key) as [number, number];
  assert.deepEqual(problemsOf(edit.shapes), []);
  edit = setField(setField(edit, gate, { name: 'the gate' }), door, { dwellS: -1 });
  assert.deepEqual(problemsOf(edit.shapes).map(({ key, field }) => [key, field]), [[door, 'dwell_s'], [gate, 'name']]);
  edit = setField(addInMiddle(start(), 'zone'), start().shapes[0]?.key ?? 0, {});
  const twice = setField(edit, edit.selected ?? 0, { name: 'door' });
  assert.equal(problemsOf(twice.shapes).filter(({ words }) => /Another zone/.test(words)).length, 2);
});

test('a refusal of the server is brought to what it names', () => {
  const { shapes } = start();
  assert.deepEqual(refusal('zones.door.points: the edges cross', shapes), { key: shapes[0]?.key, field: 'points', words: 'the edges cross' });
  assert.deepEqual(refusal('cameras.front.lines.gate.classes: no class "cat"', shapes), { key: shapes[1]?.key, field: 'classes', words: 'no class "cat"' });
  assert.equal(refusal('not a drawing', shapes), null);
  assert.equal(refusal('zones.other.points: x', shapes), null);
});

test('the pointer finds corners, then edges of what is selected, then the smallest area', () => {
  let edit = start();
  const [door, gate] = edit.shapes.map((shape) => shape.key) as [number, number];
  const size = { w: 1000, h: 1000 };
  const hit = (point: Point, selected: number | null = null) => hitTest(edit.shapes, selected, point, size, 10);
  assert.deepEqual(hit([0.205, 0.2]), { on: 'corner', key: door, corner: 0 });
  assert.deepEqual(hit([0.5, 0.203]), { on: 'body', key: door });
  assert.deepEqual(hit([0.5, 0.203], door), { on: 'edge', key: door, after: 0, point: [0.5, 0.2] });
  assert.deepEqual(hit([0.5, 0.895]), { on: 'body', key: gate });
  assert.equal(hit([0.05, 0.05]), null);
  edit = addInMiddle(edit, 'mask');
  assert.deepEqual(hit([0.5, 0.5]), { on: 'body', key: edit.selected });
});
