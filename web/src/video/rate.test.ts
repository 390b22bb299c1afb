import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateMeter } from './rate';

test('the camera\'s rate, also across dropped frames', () => {
  const meter = new RateMeter();
  for (let i = 0; i < 60; i += 1) if (i % 7 !== 3) meter.add(i, i * 40_000);
  assert.equal(Math.round((meter.fps(59 * 40_000) ?? 0) * 10), 250);
});

test('a stream that stopped has no rate, nor one that has just begun', () => {
  const meter = new RateMeter();
  meter.add(0, 0);
  assert.equal(meter.fps(0), null);
  for (let i = 1; i < 30; i += 1) meter.add(i, i * 40_000);
  assert.notEqual(meter.fps(29 * 40_000), null);
  assert.equal(meter.fps(29 * 40_000 + 2_100_000), null);
});

test('a run that begins again is measured by itself', () => {
  const meter = new RateMeter();
  for (let i = 0; i < 30; i += 1) meter.add(100 + i, i * 40_000);
  for (let i = 0; i < 30; i += 1) meter.add(i, 9e6 + i * 100_000);
  assert.equal(Math.round(meter.fps(9e6 + 29 * 100_000) ?? 0), 10);
});
