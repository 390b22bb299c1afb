// Boxes on the picture, drawn at the screen's own resolution so that lines and words stay crisp.
import type { Box } from '../wire/messages';
import type { Place } from './fit';

export const objectColours = ['#3880F3', '#F0AA19', '#00D2BE', '#28D232', '#8773FF', '#00C8F0', '#FA8719', '#E6193B', '#FA7DC8'] as const;
const motion = 'motion';
const motionColour = '#e6ebf0';

const isPlain = (box: Box | undefined): boolean => box?.class === motion && box.track === null;

// The same object, or the same class, keeps its colour.
export function colourOf(box: Pick<Box, 'class' | 'track'>): string {
  if (box.track !== null) return objectColours[Math.abs(box.track) % objectColours.length] ?? objectColours[0];
  if (box.class === motion) return motionColour;
  let hash = 0;
  for (const letter of box.class) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return objectColours[hash % objectColours.length] ?? objectColours[0];
}

// Id and class; how sure the detector is only where someone points at it. Movement says what it is by being plain.
export function labelOf(box: Box, pointedAt: boolean): string {
  const sure = pointedAt && box.class !== motion ? `${Math.round(box.confidence * 100)}\u202f%` : '';
  if (isPlain(box)) return pointedAt ? motion : '';
  return [box.class, box.track === null ? '' : String(box.track), sure].filter((part) => part !== '').join(' ');
}

// What is on the picture now, for a badge: objects by class, or that something moves.
export function objectsOf(boxes: readonly Box[]): string {
  const found = new Map<string, number>();
  for (const box of boxes) if (box.class !== motion) found.set(box.class, (found.get(box.class) ?? 0) + 1);
  if (found.size === 0) return boxes.length > 0 ? motion : '';
  return [...found].map(([name, n]) => (n === 1 ? name : `${name} ×${n}`)).join(', ');
}

// Under the pointer, the smallest; -1: none. In source pixels.
export function boxAt(boxes: readonly Box[], x: number, y: number): number {
  let found = -1;
  let least = Infinity;
  boxes.forEach(({ box: [left, top, w, h] }, i) => {
    if (x < left || y < top || x > left + w || y > top + h || w * h >= least) return;
    found = i;
    least = w * h;
  });
  return found;
}

export interface Painting {
  boxes: readonly Box[];
  alpha: number;
  source: { width: number; height: number };  // what the boxes are measured in
  place: Place;                               // of the picture on the canvas
  pointer: { x: number; y: number } | null;   // in source pixels
}

export function paintBoxes(canvas: HTMLCanvasElement, { boxes, alpha, source, place, pointer }: Painting): void {
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (boxes.length === 0 || source.width <= 0 || source.height <= 0) return;
  const scale = devicePixelRatio || 1;
  const [sx, sy] = [place.w / source.width, place.h / source.height];
  const textSize = Math.round(12 * scale);
  const pointedAt = pointer === null ? -1 : boxAt(boxes, pointer.x, pointer.y);
  pen.font = `600 ${textSize}px system-ui, sans-serif`;
  pen.textBaseline = 'middle';
  pen.globalAlpha = 0.25 + 0.75 * alpha;
  // Movement lies under everything else, so that it hides no label.
  const order = boxes.map((_, i) => i).sort((a, b) => Number(isPlain(boxes[b])) - Number(isPlain(boxes[a])));
  for (const i of order) {
    const box = boxes[i];
    if (box === undefined) continue;
    const [x, y, w, h] = [place.x + box.box[0] * sx, place.y + box.box[1] * sy, box.box[2] * sx, box.box[3] * sy];
    const plain = isPlain(box);
    const line = plain ? Math.max(1, Math.round(scale)) : Math.max(2, Math.round(2 * scale));
    // A dark line under the coloured one keeps both apart from any picture.
    pen.lineWidth = line + 2 * scale;
    pen.strokeStyle = `rgba(0, 0, 0, ${plain ? 0.35 : 0.55})`;
    pen.strokeRect(x, y, w, h);
    pen.lineWidth = line;
    pen.strokeStyle = colourOf(box);
    pen.strokeRect(x, y, w, h);
    const words = labelOf(box, i === pointedAt);
    const height = textSize + 6 * scale;
    const width = pen.measureText(words).width + 10 * scale;
    if (words === '' || (width > w + 40 * scale && w < 24 * scale)) continue;  // more label than object
    const left = Math.min(Math.max(0, x - line / 2), Math.max(0, canvas.width - width));
    const top = y - height >= 0 ? y - height : y;
    pen.fillStyle = colourOf(box);
    pen.fillRect(left, top, width, height);
    pen.fillStyle = '#0b0f13';
    pen.fillText(words, left + 5 * scale, top + height / 2 + scale / 2);
  }
  pen.globalAlpha = 1;
}
