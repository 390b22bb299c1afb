// Boxes on the picture, drawn at the screen's own resolution so that lines and words stay crisp.
import type { Box } from '../wire/messages';

export const objectColours = ['#3880F3', '#F0AA19', '#00D2BE', '#28D232', '#8773FF', '#00C8F0', '#FA8719', '#E6193B', '#FA7DC8'] as const;

// The same object, or the same class, keeps its colour.
export function colourOf(box: Pick<Box, 'class' | 'track'>): string {
  if (box.track !== null) return objectColours[Math.abs(box.track) % objectColours.length] ?? objectColours[0];
  if (box.class === 'motion') return objectColours[1];
  let hash = 0;
  for (const letter of box.class) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return objectColours[hash % objectColours.length] ?? objectColours[0];
}

function label(box: Box): string {
  const id = box.track === null ? '' : ` ${box.track}`;
  const sure = box.confidence > 0 && box.confidence < 1 ? ` ${Math.round(box.confidence * 100)}\u202f%` : '';
  return `${box.class}${id}${sure}`;
}

export function paintBoxes(canvas: HTMLCanvasElement, boxes: readonly Box[], alpha: number, sourceWidth: number, sourceHeight: number): void {
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (boxes.length === 0 || sourceWidth <= 0 || sourceHeight <= 0) return;
  const scale = devicePixelRatio || 1;
  const sx = canvas.width / sourceWidth;
  const sy = canvas.height / sourceHeight;
  const line = Math.max(2, Math.round(2 * scale));
  const textSize = Math.round(12 * scale);
  pen.font = `600 ${textSize}px system-ui, sans-serif`;
  pen.textBaseline = 'middle';
  pen.globalAlpha = 0.25 + 0.75 * alpha;
  for (const box of boxes) {
    const [x, y, w, h] = [box.box[0] * sx, box.box[1] * sy, box.box[2] * sx, box.box[3] * sy];
    const colour = colourOf(box);
    // A dark line under the coloured one keeps both apart from any picture.
    pen.lineWidth = line + 2 * scale;
    pen.strokeStyle = 'rgba(0, 0, 0, 0.55)';
    pen.strokeRect(x, y, w, h);
    pen.lineWidth = line;
    pen.strokeStyle = colour;
    pen.strokeRect(x, y, w, h);
    const words = label(box);
    const height = textSize + 6 * scale;
    const width = pen.measureText(words).width + 10 * scale;
    if (width > w + 40 * scale && w < 24 * scale) continue;  // more label than object
    const left = Math.min(Math.max(0, x - line / 2), Math.max(0, canvas.width - width));
    const top = y - height >= 0 ? y - height : y;
    pen.fillStyle = colour;
    pen.fillRect(left, top, width, height);
    pen.fillStyle = '#0b0f13';
    pen.fillText(words, left + 5 * scale, top + height / 2 + scale / 2);
  }
  pen.globalAlpha = 1;
}
