// The verdict in words: what it is, how good that is, and who grows.
import { bytes, bytesPerHour, elapsed, percent } from '../lib/format';
import type { MemoryReport } from './report';

export type Tone = 'good' | 'watch' | 'bad' | 'none';

export interface Said {
  tone: Tone;
  icon: string;
  short: string;     // the pill
  sentence: string;  // the Memory view
}

// DESIGN.md: what has no owner stays under this share.
export const unownedLimit = 0.05;

const special: Record<string, string> = {
  file_backed: 'program and libraries', stack: 'thread stacks', allocator: 'the allocator itself', unaccounted: 'unowned',
};
export const ownerName = (owner: string): string => special[owner] ?? owner;

export function say(memory: MemoryReport | null, secondsRun: number): Said {
  if (memory === null) return { tone: 'none', icon: '◌', short: 'no figures yet', sentence: 'Waiting for the first figures.' };
  const unowned = memory.unaccounted_share > unownedLimit;
  const short = `${memory.verdict} · ${bytes(memory.total_bytes)} · ${percent(memory.unaccounted_share)} unowned`;
  const worst = memory.growing[0];
  if (memory.verdict === 'growing') {
    const since = worst ? elapsed(Math.max(0, secondsRun - worst.since_s) * 1000) : '';
    const others = memory.growing.length > 1 ? ` ${memory.growing.slice(1).map((one) => ownerName(one.owner)).join(', ')} too.` : '';
    const sentence = worst ? `${ownerName(worst.owner)} is growing by ${bytesPerHour(worst.bytes_per_hour).replace('/h', ' an hour').replace('+', '')}, for ${since}.${others}`
      : 'Memory is growing.';
    return { tone: 'bad', icon: '▲', short, sentence };
  }
  const tail = unowned ? ` But ${percent(memory.unaccounted_share)} of it belongs to nobody; the limit is ${percent(unownedLimit)}.` : '';
  switch (memory.verdict) {
    case 'level':
      return { tone: unowned ? 'watch' : 'good', icon: unowned ? '!' : '✓', short, sentence: `Memory is level: no owner is growing.${tail}` };
    case 'plateau':
      return { tone: unowned ? 'watch' : 'good', icon: unowned ? '!' : '✓', short, sentence: `Memory rose to a plateau and stays there.${tail}` };
    case 'warming':
      return { tone: 'watch', icon: '◔', short, sentence: `Warming up: caches and pools are still being filled. A verdict follows by itself.${tail}` };
    case 'undecided':
      return { tone: 'watch', icon: '?', short, sentence: `Undecided: the figures vary too much to call them level or growing yet.${tail}` };
  }
}
