// What is wrong with a drawing, in words and at the thing that is wrong.
import { wrongArea, wrongLine } from './geometry';
import type { Kind, Problem, Shape } from './shape';

const maxDwellS = 86_400;

export function problemsOf(shapes: readonly Shape[]): Problem[] {
  const found: Problem[] = [];
  for (const shape of shapes) {
    const add = (field: Problem['field'], words: string) => found.push({ key: shape.key, field, words });
    if (shape.name === '') add('name', 'It needs a name.');
    else if (!/^[A-Za-z0-9_-]+$/.test(shape.name)) add('name', 'A name has letters, digits, - and _ only.');
    else if (shapes.some((one) => one !== shape && one.kind === shape.kind && one.name === shape.name)) add('name', `Another ${shape.kind} has this name.`);
    const wrong = shape.kind === 'line' ? wrongLine(shape.points) : wrongArea(shape.points);
    if (wrong !== null) add('points', wrong);
    if (shape.kind === 'zone' && !(shape.dwellS >= 0 && shape.dwellS <= maxDwellS)) add('dwell_s', 'From 0 seconds to 86400 (a day).');
  }
  return found;
}

const fields: readonly string[] = ['name', 'points', 'classes', 'dwell_s'];

// The server's one line ("zones.door.points: …"), at the shape that it names; null: it names none.
export function refusal(error: string, shapes: readonly Shape[]): Problem | null {
  const found = /(zone|line|mask)s\."?([\w-]+)"?(?:\.(\w+))?["']?:?\s*(.*)/s.exec(error);
  if (found === null) return null;
  const [, kind, name, field = '', rest = ''] = found;
  const shape = shapes.find((one) => one.kind === (kind as Kind) && one.name === name);
  if (shape === undefined) return null;
  return { key: shape.key, field: fields.includes(field) ? (field as Problem['field']) : 'points', words: rest === '' ? error : rest };
}
