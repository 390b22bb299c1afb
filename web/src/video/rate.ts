// Frames per second of the camera itself, from the server's own numbering and clock: bursts and drops do not change it.
const windowUs = 2_000_000;
const kept = 256;

export class RateMeter {
  private points: { sequence: number; captureUs: number }[] = [];

  add(sequence: number, captureUs: number): void {
    const last = this.points[this.points.length - 1];
    if (last && (sequence <= last.sequence || captureUs < last.captureUs)) this.points = [];  // another run
    this.points.push({ sequence, captureUs });
    while (this.points.length > kept || captureUs - (this.points[0]?.captureUs ?? captureUs) > windowUs) this.points.shift();
  }

  clear(): void {
    this.points = [];
  }

  // null: too little seen. `nowUs` is the server's time: a stream that stopped has no rate.
  fps(nowUs: number): number | null {
    const first = this.points[0];
    const last = this.points[this.points.length - 1];
    if (!first || !last || last.captureUs - first.captureUs < windowUs / 8 || nowUs - last.captureUs > windowUs) return null;
    return ((last.sequence - first.sequence) * 1e6) / (last.captureUs - first.captureUs);
  }
}
