// Tiles in rows that fill the width, each at its camera's own aspect. The most rows that still fit the height win, so that
// pictures are as large as they can be without scrolling; where nothing fits (a phone) the page scrolls.
export interface Placed {
  width: number;   // of the picture, CSS pixels
  height: number;
}

export interface Room {
  width: number;
  height: number;
  gap: number;
  caption: number;   // height of a tile's words, under its picture
}

const smallestTile = 280;
// A little scrolling is better than pictures of half the size.
const overflowAllowed = 1.15;

// Rows of nearly equal total aspect, in the cameras' order.
function split(aspects: readonly number[], rows: number): number[][] {
  const perRow = aspects.reduce((a, b) => a + b, 0) / rows;
  const out: number[][] = [];
  let row: number[] = [];
  let sum = 0;
  aspects.forEach((aspect, i) => {
    const left = aspects.length - i;
    const rowsLeft = rows - out.length;
    // Each remaining row needs at least one camera; a row is full when this one would take it further past its share.
    if (row.length > 0 && rowsLeft > 1 && (left < rowsLeft || sum + aspect / 2 > perRow)) {
      out.push(row);
      row = [];
      sum = 0;
    }
    row.push(aspect);
    sum += aspect;
  });
  if (row.length > 0) out.push(row);
  return out;
}

function size(rows: number[][], room: Room): { tiles: Placed[]; height: number } {
  const heights = rows.map((row) => (room.width - room.gap * (row.length - 1)) / row.reduce((a, b) => a + b, 0));
  // A last row with fewer cameras keeps the others' height instead of towering over them.
  const last = heights.length - 1;
  if (last > 0) heights[last] = Math.min(heights[last] ?? 0, Math.max(...heights.slice(0, last)));
  const tiles = rows.flatMap((row, i) => row.map((aspect) => ({ width: Math.floor(aspect * (heights[i] ?? 0)), height: Math.floor(heights[i] ?? 0) })));
  return { tiles, height: heights.reduce((sum, h) => sum + h + room.caption, 0) + room.gap * last };
}

export function layOut(aspects: readonly number[], room: Room): Placed[] {
  if (aspects.length === 0 || room.width <= 0) return [];
  let best: Placed[] | null = null;
  let smallest: { tiles: Placed[]; height: number } | null = null;
  for (let rows = 1; rows <= aspects.length; rows += 1) {
    const parts = split(aspects, rows);
    if (parts.length !== rows) continue;
    const one = size(parts, room);
    const narrow = one.tiles.some((tile) => tile.width < Math.min(smallestTile, room.width));
    if (narrow && rows < aspects.length) continue;
    if (smallest === null) smallest = one;
    if (one.height <= room.height * overflowAllowed) best = one.tiles;
  }
  // One camera alone, or a very wide screen: the picture may not be higher than the room.
  const chosen = best ?? smallest?.tiles ?? [];
  const only = chosen[0];
  if (chosen.length === 1 && only && only.height + room.caption > room.height && room.height > 200) {
    const height = Math.floor(room.height - room.caption);
    return [{ width: Math.floor((only.width * height) / only.height), height }];
  }
  return chosen;
}
