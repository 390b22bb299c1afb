// What lies under the pointer, nearest to the hand first: corners of the selected shape, its edges, other corners, bodies.
import { area, contains, distance, nearestOn, type Point, type Size } from './geometry';
import type { Shape } from './shape';

export type Hit =
  | { on: 'corner'; key: number; corner: number }
  | { on: 'edge'; key: number; after: number; point: Point }  // of the selected area: a corner can be put in there
  | { on: 'body'; key: number };

function cornerAt(shape: Shape, point: Point, size: Size, reach: number): number {
  const distances = shape.points.map((corner) => distance(corner, point, size));
  const nearest = Math.min(...distances);
  return nearest <= reach ? distances.indexOf(nearest) : -1;
}

export function hitTest(shapes: readonly Shape[], selected: number | null, point: Point, size: Size, reach: number): Hit | null {
  const chosen = shapes.find((shape) => shape.key === selected);
  if (chosen !== undefined) {
    const corner = cornerAt(chosen, point, size, reach);
    if (corner >= 0) return { on: 'corner', key: chosen.key, corner };
    if (chosen.kind !== 'line') {
      for (let i = 0; i < chosen.points.length; i += 1) {
        const [a, b] = [chosen.points[i], chosen.points[(i + 1) % chosen.points.length]];
        if (a === undefined || b === undefined) continue;
        const near = nearestOn(a, b, point, size);
        if (distance(near, point, size) <= reach * 0.6) return { on: 'edge', key: chosen.key, after: i, point: near };
      }
    }
  }
  for (const shape of shapes) {
    const corner = cornerAt(shape, point, size, reach);
    if (corner >= 0) return { on: 'corner', key: shape.key, corner };
  }
  const lines = shapes.filter(({ kind, points: [a, b] }) => kind === 'line' && a !== undefined && b !== undefined && distance(nearestOn(a, b, point, size), point, size) <= reach);
  // Of areas that lie in each other the smallest can be reached in no other way.
  const areas = shapes.filter((shape) => shape.kind !== 'line' && contains(shape.points, point)).sort((a, b) => area(a.points) - area(b.points));
  const body = lines[0] ?? areas.find((shape) => shape.key === selected) ?? areas[0];
  return body === undefined ? null : { on: 'body', key: body.key };
}
