import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BoxSet } from '../wire/messages';
import { BoxTrack } from './boxes';

const set = (ptsUs: number, x = ptsUs): BoxSet => ({ stream: 0, epoch: 1, frame: 0, ptsUs,
  boxes: [{ box: [x, 0, 10, 10], class: 'motion', confidence: 1, track: null }] });

function track(...ptsUs: number[]): BoxTrack {
  const out = new BoxTrack();
  for (const one of ptsUs) out.add(set(one));
  return out;
}

test('a frame shows the boxes that were found on it', () => {
  const boxes = track(0, 100_000, 200_000);
  const shown = boxes.at(100_000);
  assert.deepEqual([shown.exact, shown.alpha, shown.boxes[0]?.box[0]], [true, 1, 100_000]);
});

test('boxes of a later frame are not shown early', () => {
  assert.equal(track(100_000).at(66_000).boxes.length, 0);
});

test('between looked-at frames the last boxes stay, and fade', () => {
  const boxes = track(0, 100_000);
  const alphas = [100_000, 150_000, 200_000, 290_000].map((pts) => boxes.at(pts).alpha);
  assert.deepEqual(alphas.map((a) => Math.round(a * 100)), [100, 75, 50, 5]);
  assert.equal(boxes.at(150_000).exact, false);
});

test('after two detection intervals they are gone', () => {
  const boxes = track(0, 100_000);
  assert.equal(boxes.at(300_000).boxes.length, 0);
});

test('a look that found nothing clears the picture at once', () => {
  const boxes = track(0, 100_000);
  boxes.add({ ...set(200_000), boxes: [] });
  assert.equal(boxes.at(210_000).boxes.length, 0);
});

test('the interval is the median, so one pause does not stretch it', () => {
  assert.equal(track(0, 100_000, 200_000, 300_000, 5_000_000).intervalUs(), 100_000);
});

test('boxes that come in another order are kept in the order of their frames', () => {
  const boxes = track(200_000, 0, 100_000);
  assert.equal(boxes.at(120_000).boxes[0]?.box[0], 100_000);
  assert.equal(boxes.at(250_000).boxes[0]?.box[0], 200_000);
});

test('what is kept has an end', () => {
  const boxes = new BoxTrack();
  for (let i = 0; i < 1000; i += 1) boxes.add(set(i * 100_000));
  assert.equal(boxes.at(500_000).boxes.length, 0);
  assert.equal(boxes.at(99_900_000).exact, true);
});
