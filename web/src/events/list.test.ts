import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lengthMs, recordingUrl, shapeEvents, titleOf, type WeirEvent } from './event';
import { pageSize, takeNewest, takeOlder, type EventList } from './list';

const json = (n: number, extra: object = {}) => ({ id: `a-${n}`, camera: 'a', class: 'person', track: n, confidence: 0.9, box: [1, 2, 3, 4],
  start: { frame: n, pts_ms: n * 1000, time_ms: n }, end: { frame: n + 1, pts_ms: n * 1000 + 1500, time_ms: n }, over: true, zones: ['door'], ...extra });
// Events `from` down to `to`.
const page = (from: number, to: number, extra: object = {}) => shapeEvents({
  events: Array.from({ length: from - to + 1 }, (_, i) => json(from - i, extra)), total: 1000 });
const ids = (list: EventList) => list.events.map((one) => Number(one.id.slice(2)));
const run = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

test('new events come on top, changed ones are replaced, and older ones that were loaded stay', () => {
  let list = takeNewest(null, page(100, 101 - pageSize));
  list = takeOlder(list, page(100 - pageSize, 101 - 2 * pageSize));
  list = takeNewest(list, page(103, 104 - pageSize, { over: false }));
  assert.deepEqual(ids(list), run(103, 101 - 2 * pageSize));
  assert.deepEqual([list.events[5]?.over, list.events[pageSize]?.over], [false, true]);
});

test('a page that does not reach what is known leaves no hole', () => {
  const list = takeNewest(takeNewest(null, page(100, 101 - pageSize)), page(300, 301 - pageSize));
  assert.deepEqual(ids(list), run(300, 301 - pageSize));
  assert.equal(list.end, false);
});

test('what retention has removed leaves the list with the whole answer', () => {
  const list = takeNewest(takeNewest(null, page(40, 1)), page(41, 20));
  assert.deepEqual([ids(list), list.end], [run(41, 20), true]);
});

test('an older page is not listed twice, and a short one is the last', () => {
  const list = takeOlder(takeNewest(null, page(100, 101 - pageSize)), page(52, 40));
  assert.deepEqual([ids(list), list.end], [run(100, 40), true]);
});

test('events are read with what may be missing', () => {
  const [one] = shapeEvents({ events: [json(7, { track: null, snapshot: 'a b/snapshots/x#.jpg' })] }).events as [WeirEvent];
  assert.deepEqual([one.track, one.clip, one.snapshot, titleOf(one), lengthMs(one)], [null, null, 'a b/snapshots/x#.jpg', 'person', 1500]);
  assert.equal(recordingUrl('a b/snapshots/x#.jpg'), '/recordings/a%20b/snapshots/x%23.jpg');
  assert.throws(() => shapeEvents({ events: [{}] }));
  assert.throws(() => shapeEvents([]));
});
