// Which boxes belong on the picture: those of the frame with the same PTS, else the newest earlier ones, fading until two
// detection intervals have passed. Boxes of a frame that is yet to come are never shown early.
import type { Box, BoxSet } from '../wire/messages';

const kept = 32;
const assumedIntervalUs = 200_000;

export interface Shown {
  boxes: readonly Box[];
  alpha: number;    // 1 on their own frame
  exact: boolean;   // the frame on the screen is the one that they were found on
}

const none: Shown = { boxes: [], alpha: 0, exact: false };

export class BoxTrack {
  private sets: BoxSet[] = [];  // by PTS, oldest first

  add(set: BoxSet): void {
    let at = this.sets.length;
    while (at > 0 && (this.sets[at - 1]?.ptsUs ?? 0) > set.ptsUs) at -= 1;
    if (at > 0 && this.sets[at - 1]?.ptsUs === set.ptsUs) this.sets[at - 1] = set;
    else this.sets.splice(at, 0, set);
    if (this.sets.length > kept) this.sets.shift();
  }

  clear(): void {
    this.sets = [];
  }

  // The usual distance of looked-at frames: the median, so that one gap does not stretch it.
  intervalUs(): number {
    const steps: number[] = [];
    for (let i = 1; i < this.sets.length; i += 1) steps.push((this.sets[i]?.ptsUs ?? 0) - (this.sets[i - 1]?.ptsUs ?? 0));
    if (steps.length === 0) return assumedIntervalUs;
    steps.sort((a, b) => a - b);
    return Math.min(2_000_000, Math.max(10_000, steps[steps.length >> 1] ?? assumedIntervalUs));
  }

  at(ptsUs: number): Shown {
    for (let i = this.sets.length - 1; i >= 0; i -= 1) {
      const set = this.sets[i];
      if (set === undefined || set.ptsUs > ptsUs) continue;
      const age = (ptsUs - set.ptsUs) / (2 * this.intervalUs());
      if (age >= 1) return none;
      return { boxes: set.boxes, alpha: 1 - age, exact: age === 0 };
    }
    return none;
  }
}
