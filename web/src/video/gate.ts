// Which access units go into the decoder. Decoding starts at a key; after a gap, a new epoch, an error or a full queue it
// starts again at the next one. The decoder's queue has an end: what does not fit is dropped up to the next key, and counted.
export type Decision = 'decode' | 'restart' | 'drop';

export interface Incoming {
  key: boolean;
  gap: boolean;
  epoch: number;
}

// In the steady state more waiting than this means that the browser cannot keep up.
export const steadyQueue = 8;
// After a start the server sends what has come since the newest key in one go: a long group of pictures must fit.
export const startQueue = 300;
const startMs = 3000;

export class DecodeGate {
  private epoch = 0;
  private waiting = true;
  private startedAt = 0;
  dropped = 0;

  // `restart`: set up a new decoder, then decode.
  decide(unit: Incoming, queued: number, nowMs: number): Decision {
    const limit = nowMs - this.startedAt < startMs ? startQueue : steadyQueue;
    if (unit.epoch !== this.epoch || unit.gap || (!this.waiting && queued > limit)) this.waiting = true;
    if (!this.waiting) return 'decode';
    if (!unit.key) {
      this.dropped += 1;
      return 'drop';
    }
    this.waiting = false;
    this.epoch = unit.epoch;
    this.startedAt = nowMs;
    return 'restart';
  }

  // Nothing that has been decoded so far continues.
  restart(): void {
    this.waiting = true;
    this.epoch = 0;
  }
}
