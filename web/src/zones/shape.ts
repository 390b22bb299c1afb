// What is drawn on a camera's picture: zones, lines and masks, as the server has them and as the page edits them.
import { all, isFields, isNumber, number, text, texts } from '../lib/json';
import type { Point } from './geometry';

export type Kind = 'zone' | 'line' | 'mask';
export const kinds: readonly Kind[] = ['zone', 'line', 'mask'];

export interface Shape {
  key: number;  // the page's own: names change
  kind: Kind;
  name: string;
  points: readonly Point[];
  classes: readonly string[];  // empty: all; masks have none
  dwellS: number;              // zones only
}

export interface Drawn {
  shapes: readonly Shape[];
  classes: readonly string[];  // that the engine knows
  file: string | null;
}

let lastKey = 0;
export const newKey = (): number => (lastKey += 1);

function point(value: unknown): Point | null {
  if (!Array.isArray(value)) return null;
  const [x, y] = value as unknown[];
  return isNumber(x) && isNumber(y) ? [x, y] : null;
}

const shapeOf = (kind: Kind) => (value: unknown): Shape | null => {
  const points = isFields(value) ? all(value['points'], point) : null;
  if (!isFields(value) || points === null) return null;
  return { key: newKey(), kind, name: text(value['name']), points, classes: texts(value['classes']), dwellS: number(value['dwell_s']) };
};

export function shapeDrawn(json: unknown): Drawn {
  const parts = isFields(json) ? kinds.map((kind) => all(json[`${kind}s`], shapeOf(kind))) : [null];
  if (!isFields(json) || parts.includes(null)) throw new Error('the answer is no drawing');
  return { shapes: parts.flatMap((part) => part ?? []), classes: texts(json['classes']), file: text(json['file']) || null };
}

type Body = { zones: object[]; lines: object[]; masks: object[] };

// What PUT is given.
export function bodyOf(shapes: readonly Shape[]): Body {
  const of = (kind: Kind, one: (shape: Shape) => object) => shapes.filter((shape) => shape.kind === kind).map(one);
  return {
    zones: of('zone', ({ name, points, classes, dwellS }) => ({ name, points, classes, dwell_s: dwellS })),
    lines: of('line', ({ name, points, classes }) => ({ name, points, classes })),
    masks: of('mask', ({ name, points }) => ({ name, points })),
  };
}

export const sameDrawing = (a: readonly Shape[], b: readonly Shape[]): boolean => JSON.stringify(bodyOf(a)) === JSON.stringify(bodyOf(b));

const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`;
const keyPart = (value: string): string => (/^[\w-]+$/.test(value) ? value : quoted(value));

// The same as lines of a settings file.
export function tomlOf(camera: string, shapes: readonly Shape[]): string {
  const inOrder = kinds.flatMap((kind) => shapes.filter((shape) => shape.kind === kind));
  return inOrder.map(({ kind, name, points, classes, dwellS }) => [
    `[cameras.${keyPart(camera)}.${kind}s.${keyPart(name)}]`,
    `points = [${points.map((point) => `[${point.map((value) => Math.round(value * 1e4) / 1e4).join(', ')}]`).join(', ')}]`,
    ...(classes.length > 0 ? [`classes = [${classes.map(quoted).join(', ')}]`] : []),
    ...(dwellS > 0 ? [`dwell_s = ${dwellS}`] : []),
  ].join('\n')).join('\n\n');
}

export interface Problem { key: number; field: 'name' | 'points' | 'classes' | 'dwell_s'; words: string }
