import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crop, percentages } from './crop';

const aspect = 16 / 9;

test('the box is inside, with its surroundings, and the crop is inside the picture', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100000);
  let state = seed;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  for (let i = 0; i < 2000; i += 1) {
    const [width, height] = [200 + random() * 3000, 200 + random() * 2000];
    const [w, h] = [random() * width, random() * height];
    const box = [random() * (width - w), random() * (height - h), w, h];
    const r = crop(box, width, height, aspect);
    const why = `seed ${seed}, ${i}: ${box.join(' ')} in ${width}×${height}`;
    assert.ok(Math.abs(r.w / r.h - aspect) < 1e-6 && r.x >= 0 && r.y >= 0 && r.x + r.w <= width + 1e-6 && r.y + r.h <= height + 1e-6, why);
    const cx = (box[0] ?? 0) + w / 2;
    assert.ok(cx >= r.x - 1e-6 && cx <= r.x + r.w + 1e-6, why);
    if (2 * w < r.w && 2 * h < r.h) assert.ok((box[0] ?? 0) >= r.x - 1e-6 && (box[1] ?? 0) >= r.y - 1e-6, why);
  }
});

test('a part is placed in shares of what is shown', () => {
  assert.deepEqual(percentages({ x: 0, y: 0, w: 1600, h: 900 }, { x: 400, y: 225, w: 800, h: 450 }),
    { left: '-50.000%', top: '-50.000%', width: '200.000%', height: '200.000%' });
});
