// Where a picture lies in the room that it is shown in: whole, in the middle, at its own aspect.
export interface Place { x: number; y: number; w: number; h: number }

export function fit(room: { width: number; height: number }, picture: { width: number; height: number }): Place {
  if (picture.width <= 0 || picture.height <= 0) return { x: 0, y: 0, w: room.width, h: room.height };
  const scale = Math.min(room.width / picture.width, room.height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  return { x: (room.width - w) / 2, y: (room.height - h) / 2, w, h };
}
