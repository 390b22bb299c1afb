import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamInfo } from '../wire/messages';
import { StateLog } from './states';

const info = (state: StreamInfo['state'], reason = '', sinceMs = 0): StreamInfo => ({ id: 0, name: 'a', state, reason, sinceMs, codec: '', width: 0, height: 0, epoch: 1 });

test('a state is told once, with its reason, newest first', () => {
  const log = new StateLog();
  assert.deepEqual([log.add(info('live'), 1), log.add(info('live'), 2), log.add(info('stalled', 'no frames'), 3)], [true, false, true]);
  assert.deepEqual(log.list().map((change) => change.reason), ['no frames', '']);
});

test('it began when the server says, but never in the future', () => {
  const log = new StateLog();
  log.add(info('live', '', 500), 1000);
  log.add(info('stalled', '', 5000), 1000);
  assert.deepEqual(log.list().map((change) => change.atMs), [1000, 500]);
});

test('the log has an end', () => {
  const log = new StateLog();
  for (let i = 0; i < 500; i += 1) log.add(info('stalled', String(i)), i);
  assert.equal(log.list().length, 50);
});
