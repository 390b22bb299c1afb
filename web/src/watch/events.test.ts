import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BoxSet, StreamInfo } from '../wire/messages';
import { EventLog } from './events';

const info = (state: StreamInfo['state'], reason = ''): StreamInfo => ({ id: 0, name: 'a', state, reason, sinceMs: 0, codec: '', width: 0, height: 0, epoch: 1 });
const set = (ptsUs: number, ...classes: string[]): BoxSet => ({ stream: 0, epoch: 1, frame: 0, ptsUs,
  boxes: classes.map((name) => ({ box: [0, 0, 1, 1], class: name, confidence: 1, track: null })) });
const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('what goes on is one event, with its length and the most boxes at once', () => {
  const log = new EventLog();
  for (let i = 0; i <= 30; i += 1) log.boxes(set(i * 100_000, ...(i === 7 ? ['motion', 'motion'] : ['motion'])), 1000 + i * 100);
  assert.equal(log.list().length, 1);
  assert.deepEqual([log.list()[0]?.atMs, plain(log.list()[0]?.detail ?? '')], [1000, '2 boxes, 3.0 s']);
});

test('after two seconds without it, it is another event', () => {
  const log = new EventLog();
  log.boxes(set(0, 'car'), 0);
  log.boxes(set(2_000_000, 'car'), 2000);
  log.boxes(set(4_100_000, 'car', 'person'), 4100);
  assert.deepEqual(log.list().map((event) => event.what), ['person', 'car', 'car']);
});

test('a state is told once, with its reason', () => {
  const log = new EventLog();
  assert.deepEqual([log.state(info('live'), 1), log.state(info('live'), 2), log.state(info('stalled', 'no frames'), 3)], [true, false, true]);
  assert.deepEqual(log.list().map((event) => event.detail), ['no frames', '']);
});

test('the log has an end', () => {
  const log = new EventLog();
  for (let i = 0; i < 500; i += 1) log.boxes(set(i * 5_000_000, 'motion'), i);
  assert.equal(log.list().length, 100);
});
