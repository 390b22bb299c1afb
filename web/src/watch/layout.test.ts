import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from './layout';

const wide = 16 / 9;
const room = (width: number, height: number) => ({ width, height, gap: 8, caption: 36 });

test('four cameras on a desktop are two rows of two, filling the width', () => {
  const tiles = layOut([wide, wide, wide, wide], room(1264, 740));
  assert.equal(tiles.length, 4);
  for (const tile of tiles) assert.ok(Math.abs(tile.width - 628) <= 1, String(tile.width));
});

test('two cameras on a desktop are beside each other', () => {
  assert.ok(layOut([wide, wide], room(1264, 740)).every((tile) => tile.width === 628));
});

test('on a phone there is one column', () => {
  assert.ok(layOut([wide, wide, wide], room(344, 640)).every((tile) => tile.width >= 343));
});

test('every tile keeps its camera\'s aspect, and a row its height', () => {
  const aspects = [16 / 9, 4 / 3, 9 / 16, 16 / 9, 1];
  const tiles = layOut(aspects, room(1900, 1000));
  tiles.forEach((tile, i) => assert.ok(Math.abs(tile.width / tile.height - (aspects[i] ?? 0)) < 0.02));
});

test('no tile is wider than the room, whatever there is', () => {
  for (let n = 1; n <= 40; n += 1) {
    for (const width of [320, 344, 700, 1264, 2544, 3824]) {
      const aspects = Array.from({ length: n }, (_, i) => [16 / 9, 4 / 3, 9 / 16, 2.4][i % 4] ?? 1);
      const tiles = layOut(aspects, room(width, 900));
      assert.equal(tiles.length, n, `${n} on ${width}`);
      assert.ok(tiles.every((tile) => tile.width <= width && tile.width > 0), `${n} on ${width}`);
    }
  }
});

test('one camera fits the height', () => {
  const [tile] = layOut([wide], room(2544, 1000));
  assert.ok(tile && tile.height <= 964);
});

test('no cameras, no tiles', () => {
  assert.deepEqual(layOut([], room(1000, 1000)), []);
});
