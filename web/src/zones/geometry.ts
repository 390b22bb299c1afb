// Points are shares of the picture, 0…1 from its upper left corner, whatever the size at which it is shown.
export type Point = readonly [number, number];
export interface Size { w: number; h: number }  // of the picture as it is shown, CSS pixels

export const maxPoints = 64;
const leastArea = 1e-6;

// Above 0: c lies right of the way from a to b, as seen on the picture, whose y goes down.
export const turn = (a: Point, b: Point, c: Point): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

const same = (a: Point, b: Point): boolean => a[0] === b[0] && a[1] === b[1];

function isOn(a: Point, b: Point, c: Point): boolean {
  return turn(a, b, c) === 0 && c[0] >= Math.min(a[0], b[0]) && c[0] <= Math.max(a[0], b[0]) && c[1] >= Math.min(a[1], b[1]) && c[1] <= Math.max(a[1], b[1]);
}

export function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const opposite = (one: number, other: number) => (one < 0 && other > 0) || (one > 0 && other < 0);
  if (opposite(turn(a, b, c), turn(a, b, d)) && opposite(turn(c, d, a), turn(c, d, b))) return true;
  return isOn(a, b, c) || isOn(a, b, d) || isOn(c, d, a) || isOn(c, d, b);
}

const at = (points: readonly Point[], i: number): Point => points[i % points.length] ?? [0, 0];

// Two edges that cross or touch, each by its first corner; null: none do.
export function crossing(points: readonly Point[]): [number, number] | null {
  const n = points.length;
  if (n < 3) return null;
  for (let i = 0; i < n; i += 1) {
    const [a, b, c] = [at(points, i), at(points, i + 1), at(points, i + 2)];
    // Neighbours share b; they must not share more.
    if (isOn(a, b, c) || isOn(b, c, a)) return [i, (i + 1) % n];
    for (let j = i + 2; j < n && (j + 1) % n !== i; j += 1) {
      if (meet(a, b, at(points, j), at(points, j + 1))) return [i, j];
    }
  }
  return null;
}

export function area(points: readonly Point[]): number {
  let twice = 0;
  for (let i = 0; i < points.length; i += 1) twice += turn(at(points, 0), at(points, i), at(points, i + 1));
  return Math.abs(twice) / 2;
}

// What is wrong with the corners of an area, in words; the server asks the same. null: nothing.
export function wrongArea(points: readonly Point[]): string | null {
  const n = points.length;
  if (n < 3) return 'It needs at least 3 corners.';
  if (n > maxPoints) return `It has ${n} corners; at most ${maxPoints} are possible.`;
  const outside = points.findIndex(([x, y]) => !(x >= 0 && x <= 1 && y >= 0 && y <= 1));
  if (outside >= 0) return `Corner ${outside + 1} lies outside of the picture.`;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) if (same(at(points, i), at(points, j))) return `Corners ${j + 1} and ${i + 1} are at the same place.`;
  }
  const crossed = crossing(points);
  const edge = (i: number) => `${i + 1}–${((i + 1) % n) + 1}`;
  if (crossed !== null) return `Its edges cross or touch: ${edge(crossed[0])} and ${edge(crossed[1])}. Move a corner so that they do not.`;
  if (area(points) < leastArea) return 'It encloses no area.';
  return null;
}

export function wrongLine(points: readonly Point[]): string | null {
  if (points.length !== 2) return 'A line has two ends.';
  return same(at(points, 0), at(points, 1)) ? 'Both ends are at the same place.' : null;
}

// Inside or on the border.
export function contains(polygon: readonly Point[], point: Point): boolean {
  let inside = false;
  for (let i = 0; i < polygon.length; i += 1) {
    const [a, b] = [at(polygon, i), at(polygon, i + 1)];
    if (isOn(a, b, point)) return true;
    // A ray to the left: each edge owns its upper end, so that a corner is met once.
    if (a[1] > point[1] === b[1] > point[1]) continue;
    if (turn(a, b, point) < 0 === b[1] > a[1]) inside = !inside;
  }
  return inside;
}

export const distance = (a: Point, b: Point, size: Size): number => Math.hypot((a[0] - b[0]) * size.w, (a[1] - b[1]) * size.h);

// The place on a→b that is nearest to the point.
export function nearestOn(a: Point, b: Point, point: Point, size: Size): Point {
  const [dx, dy] = [(b[0] - a[0]) * size.w, (b[1] - a[1]) * size.h];
  const length = dx * dx + dy * dy;
  const along = length > 0 ? ((point[0] - a[0]) * size.w * dx + (point[1] - a[1]) * size.h * dy) / length : 0;
  const t = Math.min(1, Math.max(0, along));
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
}

// A step of one pixel to the forward side: from the left of a→b to its right, as someone sees it who stands at a and
// looks to b. In pixels, since shares are of different length across and down.
export function forward(a: Point, b: Point, size: Size): [number, number] {
  const [dx, dy] = [(b[0] - a[0]) * size.w, (b[1] - a[1]) * size.h];
  const length = Math.hypot(dx, dy) || 1;
  return [0 - dy / length, dx / length];
}

export const middle = (points: readonly Point[]): Point => [points.reduce((sum, [x]) => sum + x, 0) / Math.max(1, points.length),
  points.reduce((sum, [, y]) => sum + y, 0) / Math.max(1, points.length)];

// Into the picture, onto its border where that is nearer than `reach` pixels, and rounded: a ten-thousandth of the
// picture is less than a pixel.
export function place(point: Point, size: Size, reach: number): Point {
  const one = (value: number, pixels: number) => {
    const near = reach / Math.max(1, pixels);
    return value < near ? 0 : value > 1 - near ? 1 : Math.round(value * 1e4) / 1e4;
  };
  return [one(point[0], size.w), one(point[1], size.h)];
}
