// A colour for each owner: the project's object colours for accounts, greys for the program itself.
import { objectColours } from '../video/paint';
import { anonymousOwners, unowned } from './series';

const greys = { dark: ['#3b4753', '#4d5a67', '#606e7c'], light: ['#c3ccd4', '#b0bbc5', '#9ca9b5'] };
// Blue, teal, violet, orange …: neighbours in the stack differ for colour-blind people too.
const sequence = [0, 1, 2, 4, 6, 3, 8, 5] as const;

function mix(colour: string, ground: string, share: number): string {
  const part = (hex: string, at: number) => parseInt(hex.slice(at, at + 2), 16);
  return `#${[1, 3, 5].map((at) => Math.round(part(colour, at) * share + part(ground, at) * (1 - share)).toString(16).padStart(2, '0')).join('')}`;
}

export function ownerColour(owner: string, order: readonly string[], scheme: 'light' | 'dark'): string {
  const ground = scheme === 'dark' ? '#151b21' : '#ffffff';
  if (owner === unowned) return scheme === 'dark' ? '#f0aa19' : '#a86e00';
  const grey = anonymousOwners.indexOf(owner);
  if (grey >= 0) return greys[scheme][grey] ?? '#808080';
  const at = order.filter((one) => one !== unowned && !anonymousOwners.includes(one)).indexOf(owner);
  const strength = [0.85, 0.55, 0.35][Math.floor(at / sequence.length) % 3] ?? 0.85;
  return mix(objectColours[sequence[at % sequence.length] ?? 0] ?? objectColours[0], ground, strength);
}

// Diagonal lines: tells what nobody owns apart without colour.
export function hatch(colour: string, ground: string): CanvasPattern | string {
  const size = 8 * Math.max(1, Math.round(devicePixelRatio || 1));
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (pen === null) return colour;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = colour;
  pen.lineWidth = size / 5;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  return pen.createPattern(tile, 'repeat') ?? colour;
}
