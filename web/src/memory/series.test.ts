import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandAt, cumulate, shapeHistory, slopePerHour, stackOrder } from './series';

const owners = ['front', 'server', 'file_backed', 'stack', 'allocator', 'unaccounted'];

test('the program lies lowest and what nobody owns on top', () => {
  assert.deepEqual(stackOrder(owners), ['file_backed', 'stack', 'allocator', 'front', 'server', 'unaccounted']);
});

test('edges add up from below', () => {
  const history = { seconds: [0, 1], bytes: [[1, 2], [10, 20], [100, 200], [0, 0], [5, 5], [7, 7]] };
  const order = stackOrder(owners);
  assert.deepEqual(cumulate(history, owners, order), [[100, 200], [100, 200], [105, 205], [106, 207], [116, 227], [123, 234]]);
});

test('a place in the chart names its owner, and above the stack nobody', () => {
  const edges = [[100], [106], [123]];
  assert.deepEqual([0, 50, 103, 106, 120, 130].map((value) => bandAt(edges, 0, value)), [0, 0, 1, 1, 2, -1]);
});

test('a slope is bytes an hour', () => {
  const seconds = Array.from({ length: 600 }, (_, i) => i);
  assert.equal(Math.round(slopePerHour(seconds, seconds.map((s) => 5e6 + s * 1000))), 3_600_000);
});

test('one jump is no slope, nor is a single point', () => {
  const seconds = Array.from({ length: 600 }, (_, i) => i);
  assert.equal(slopePerHour(seconds, seconds.map((s) => (s < 550 ? 1e6 : 9e6))), 0);
  assert.equal(slopePerHour([1], [5]), 0);
});

test('what is not a history is refused', () => {
  const series = { seconds: [], bytes: [[]] };
  assert.equal(shapeHistory({ owners: ['a'], recent: series, all: series }).owners.length, 1);
  for (const wrong of [null, {}, { owners: ['a'] }, { owners: ['a', 'b'], recent: series, all: series }]) {
    assert.throws(() => shapeHistory(wrong));
  }
});
