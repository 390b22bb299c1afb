// What part of a picture a thumbnail shows: the box with some of its surroundings, in the thumbnail's own aspect.
export interface Region { x: number; y: number; w: number; h: number }

const around = 2;          // times the box
const leastShare = 0.35;   // of the picture's width: less would be a blur without a place

export function crop(box: readonly number[], width: number, height: number, aspect: number): Region {
  const [x = 0, y = 0, w = 0, h = 0] = box;
  const most = Math.min(width, height * aspect);
  const wide = Math.min(most, Math.max(w * around, h * around * aspect, width * leastShare));
  const high = wide / aspect;
  const clamp = (at: number, room: number) => Math.min(Math.max(0, at), Math.max(0, room));
  return { x: clamp(x + w / 2 - wide / 2, width - wide), y: clamp(y + h / 2 - high / 2, height - high), w: wide, h: high };
}

// Of `part` within `region`, as CSS percentages.
export function percentages(part: Region, region: Region): { left: string; top: string; width: string; height: string } {
  const share = (value: number, of: number) => `${((100 * value) / of).toFixed(3)}%`;
  return { left: share(part.x - region.x, region.w), top: share(part.y - region.y, region.h), width: share(part.w, region.w), height: share(part.h, region.h) };
}
