import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMessage } from './messages';

const stream = { id: 0, name: 'front', state: 'live', reason: '', since_ms: 5, codec: 'avc1.640028', width: 1920, height: 1080, epoch: 1 };

test('hello carries its streams', () => {
  const made = parseMessage(JSON.stringify({ type: 'hello', protocol: 1, weir: '0.1.0', flow: 'watch', streams: [stream] }));
  assert.equal(made?.type, 'hello');
  if (made?.type === 'hello') assert.deepEqual([made.flow, made.streams[0]?.name, made.streams[0]?.sinceMs], ['watch', 'front', 5]);
});

test('a stream message is a stream with a type', () => {
  const made = parseMessage(JSON.stringify({ type: 'stream', ...stream, state: 'parked', reason: 'too large' }));
  assert.deepEqual(made?.type === 'stream' && [made.stream.state, made.stream.reason], ['parked', 'too large']);
});

test('boxes keep their frame, and a missing track is none', () => {
  const made = parseMessage(JSON.stringify({ type: 'boxes', stream: 0, epoch: 1, frame: 12, pts_us: 800000,
    boxes: [{ box: [1, 2, 3, 4], class: 'motion', confidence: 1, track: null }, { box: [1, 2, 3, 4], class: 'car', confidence: 0.5, track: 7 }] }));
  assert.equal(made?.type, 'boxes');
  if (made?.type === 'boxes') {
    assert.equal(made.set.ptsUs, 800000);
    assert.deepEqual(made.set.boxes.map((b) => b.track), [null, 7]);
  }
});

test('rubbish is refused', () => {
  const wrong = ['', '[]', '{"type":"hello"}', '{"type":"other"}', JSON.stringify({ type: 'stream', ...stream, state: 'odd' }),
    '{"type":"boxes","stream":0,"pts_us":1,"boxes":[{"box":[1,2,3]}]}', '{"type":"boxes","stream":0,"pts_us":"1","boxes":[]}'];
  for (const json of wrong) assert.equal(parseMessage(json), null, json);
});
