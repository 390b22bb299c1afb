import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contains, crossing, forward, nearestOn, place, turn, wrongArea, wrongLine, type Point } from './geometry';

const square: Point[] = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];
const bow: Point[] = [[0.2, 0.2], [0.8, 0.8], [0.8, 0.2], [0.2, 0.8]];
const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);

function randoms(): () => number {
  let state = seed + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

test('edges that cross are found, those of a simple area are not', () => {
  assert.equal(crossing(square), null);
  assert.deepEqual(crossing(bow), [0, 2]);
  assert.equal(crossing([[0, 0], [1, 0], [1, 1]]), null);
});

test('edges that touch count as crossing: a corner on another edge, and one that runs back', () => {
  assert.notEqual(crossing([[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]]), null);
  assert.notEqual(crossing([[0, 0], [0.5, 0], [0.25, 0], [0.25, 1]]), null);
});

test('corners around a middle, in the order of their angles, never cross; two of them swapped do', () => {
  const random = randoms();
  for (let round = 0; round < 300; round += 1) {
    const n = 5 + Math.floor(random() * 20);
    const star: Point[] = Array.from({ length: n }, (_, i) => {
      const [angle, radius] = [(2 * Math.PI * (i + 0.3 * random())) / n, 0.2 + 0.25 * random()];
      return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)];
    });
    assert.equal(wrongArea(star), null, `seed ${seed}, round ${round}`);
    const regular: Point[] = Array.from({ length: n }, (_, i) => [0.5 + 0.4 * Math.cos((2 * Math.PI * i) / n), 0.5 + 0.4 * Math.sin((2 * Math.PI * i) / n)]);
    const at = Math.floor(random() * (n - 1));
    [regular[at], regular[at + 1]] = [regular[at + 1] ?? [0, 0], regular[at] ?? [0, 0]];
    assert.notEqual(crossing(regular), null, `seed ${seed}, round ${round}`);
  }
});

test('what is wrong with an area is said in words', () => {
  assert.match(wrongArea(square.slice(0, 2)) ?? '', /at least 3 corners/);
  assert.match(wrongArea(bow) ?? '', /cross or touch: 1–2 and 3–4/);
  assert.match(wrongArea([...square.slice(0, 3), [1.2, 0.5]]) ?? '', /Corner 4 lies outside/);
  assert.match(wrongArea([...square, [0.2, 0.2]]) ?? '', /Corners 1 and 5/);
  assert.match(wrongArea(Array.from({ length: 65 }, (_, i): Point => [i / 100, i * i / 10000])) ?? '', /at most 64/);
  assert.match(wrongLine([[0.1, 0.1], [0.1, 0.1]]) ?? '', /same place/);
  assert.equal(wrongLine([[0.1, 0.1], [0.1, 0.2]]), null);
});

test('inside agrees with the sum of angles', () => {
  const random = randoms();
  const shape: Point[] = [[0.1, 0.1], [0.9, 0.2], [0.5, 0.4], [0.8, 0.9], [0.2, 0.7]];
  for (let i = 0; i < 2000; i += 1) {
    const p: Point = [random(), random()];
    let angle = 0;
    shape.forEach((a, n) => {
      const b = shape[(n + 1) % shape.length] ?? a;
      const [ax, ay, bx, by] = [a[0] - p[0], a[1] - p[1], b[0] - p[0], b[1] - p[1]];
      angle += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
    });
    assert.equal(contains(shape, p), Math.abs(angle) > Math.PI, `seed ${seed}: ${p.join()}`);
  }
  assert.equal(contains(square, [0.2, 0.5]), true);
});

test('forward is to the right of someone who stands at a and looks to b', () => {
  const size = { w: 640, h: 360 };
  // Looking up the picture, the right hand points to the right of the picture; looking to the right, down.
  assert.deepEqual(forward([0.5, 0.9], [0.5, 0.1], size), [1, 0]);
  assert.deepEqual(forward([0.1, 0.5], [0.9, 0.5], size), [0, 1]);
  const random = randoms();
  for (let i = 0; i < 500; i += 1) {
    const [a, b]: [Point, Point] = [[random(), random()], [random(), random()]];
    const [x, y] = forward(a, b, size);
    const goal: Point = [(a[0] + b[0]) / 2 + x / size.w, (a[1] + b[1]) / 2 + y / size.h];
    assert.ok(turn(a, b, goal) > 0, `seed ${seed}`);
    assert.ok(Math.abs(x * (b[0] - a[0]) * size.w + y * (b[1] - a[1]) * size.h) < 1e-9 * size.w, 'at a right angle, in pixels');
  }
});

test('the nearest place on an edge, in pixels', () => {
  assert.deepEqual(nearestOn([0, 0], [1, 0], [0.3, 0.5], { w: 100, h: 100 }), [0.3, 0]);
  assert.deepEqual(nearestOn([0, 0], [1, 0], [-1, 0.5], { w: 100, h: 100 }), [0, 0]);
});

test('points are put into the picture, onto a border that is near, and rounded', () => {
  const size = { w: 1000, h: 500 };
  assert.deepEqual(place([-0.2, 1.4], size, 0), [0, 1]);
  assert.deepEqual(place([0.005, 0.99], size, 8), [0, 1]);
  assert.deepEqual(place([0.0123456, 0.5], size, 8), [0.0123, 0.5]);
});
