import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageWords, decodeWords, decoderWords, droppedWords } from './words';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('what decoding leaves out while nothing moves, and what that saves', () => {
  assert.equal(plain(decodeWords({ idle: 'keyframes', left_out: 900, cpu_s: 29, saved_s: 71 })), 'only key frames while nothing moves: about 71 % of decoding saved');
  assert.equal(decodeWords({ idle: 'reference', left_out: 0, cpu_s: 29, saved_s: 0 }), 'only frames that others refer to while nothing moves: nothing left out yet');
  assert.equal(decodeWords({ idle: 'full', left_out: 0, cpu_s: 29, saved_s: 0 }), 'everything, always');
  assert.equal(decodeWords(undefined), '–');
});

test('drops by stage and reason, those that happened; an older report has no stages', () => {
  assert.deepEqual(droppedWords({ dropped: {}, dropped_by_stage: { decode: { idle: 1200, busy: 0 }, motion: { stale: 2, busy: 1 }, publish: { full: 0 } } })
    .map(({ stage, words }) => [stage, plain(words)]), [['decode', '1 200 idle'], ['motion', '2 stale, 1 busy']]);
  assert.deepEqual(droppedWords({ dropped: { full: 3 } }), [{ stage: '', words: '3 full' }]);
});

test('an age above its bound is told apart', () => {
  const age = ageWords({ frame_age_ms: { p95: 500 }, result_age_bound_ms: 400 });
  assert.deepEqual([plain(age.p95), plain(age.bound), age.above], ['500 ms', 'at most 400 ms', true]);
  assert.deepEqual([ageWords({ frame_age_ms: { p95: 5 }, result_age_bound_ms: 0 }).bound, ageWords({ frame_age_ms: {} }).above], ['', false]);
});

test('who decodes is said only where somebody asked', () => {
  const decode = { idle: 'full', left_out: 0, cpu_s: 1, saved_s: 0 };
  assert.equal(decoderWords({ ...decode, hwaccel: { asked: 'none', chosen: 'software', why: '' } }), '');
  assert.equal(decoderWords({ ...decode, hwaccel: { asked: 'auto', chosen: 'software', why: 'nvdec: none' } }), 'software (nvdec: none)');
  assert.equal(decoderWords({ ...decode, hwaccel: { asked: 'nvdec', chosen: 'nvdec', why: '' } }), 'nvdec');
  assert.equal(decoderWords(undefined), '');
});
