// The history of /api/memory as a stack of bands, lowest first; what nobody owns lies on top.
export interface History {
  seconds: number[];   // since the flow's start
  bytes: number[][];   // [owner][point], resident
}

export interface MemoryHistory {
  owners: string[];
  recent: History;
  all: History;
}

export const anonymousOwners = ['file_backed', 'stack', 'allocator'];
export const unowned = 'unaccounted';

function shapeSeries(given: unknown, owners: number): History {
  const { seconds, bytes } = (given ?? {}) as Partial<History>;
  if (!Array.isArray(seconds) || !Array.isArray(bytes) || bytes.length !== owners) throw new Error('/api/memory is not a history');
  return { seconds, bytes };
}

export function shapeHistory(json: unknown): MemoryHistory {
  const { owners, recent, all } = (json ?? {}) as { owners?: unknown; recent?: unknown; all?: unknown };
  if (!Array.isArray(owners)) throw new Error('/api/memory is not a history');
  return { owners: owners.map(String), recent: shapeSeries(recent, owners.length), all: shapeSeries(all, owners.length) };
}

// Lowest first: the program itself, then its owners, then what has none.
export function stackOrder(owners: readonly string[]): string[] {
  const present = (name: string) => owners.includes(name);
  const named = owners.filter((owner) => owner !== unowned && !anonymousOwners.includes(owner));
  return [...anonymousOwners.filter(present), ...named, ...(present(unowned) ? [unowned] : [])];
}

// Each owner's upper edge: its own bytes and all below it.
export function cumulate(history: History, owners: readonly string[], order: readonly string[]): number[][] {
  const below = history.seconds.map(() => 0);
  return order.map((owner) => {
    const own = history.bytes[owners.indexOf(owner)] ?? [];
    for (let i = 0; i < below.length; i += 1) below[i] = (below[i] ?? 0) + (own[i] ?? 0);
    return [...below];
  });
}

// The owner whose band holds `value` at a point; -1 above the stack.
export function bandAt(edges: readonly number[][], point: number, value: number): number {
  return edges.findIndex((edge) => value <= (edge[point] ?? 0) && value >= 0);
}

// Bytes an hour, by Theil-Sen over at most 60 points: a single jump does not make a slope.
export function slopePerHour(seconds: readonly number[], values: readonly number[]): number {
  const step = Math.max(1, Math.ceil(seconds.length / 60));
  const at: number[] = [];
  for (let i = (seconds.length - 1) % step; i < seconds.length; i += step) at.push(i);
  const slopes: number[] = [];
  for (let a = 0; a < at.length; a += 1) {
    for (let b = a + 1; b < at.length; b += 1) {
      const [i, j] = [at[a] ?? 0, at[b] ?? 0];
      const dt = (seconds[j] ?? 0) - (seconds[i] ?? 0);
      if (dt > 0) slopes.push(((values[j] ?? 0) - (values[i] ?? 0)) / dt);
    }
  }
  if (slopes.length === 0) return 0;
  slopes.sort((x, y) => x - y);
  const middle = slopes.length >> 1;
  const median = slopes.length % 2 === 1 ? (slopes[middle] ?? 0) : ((slopes[middle - 1] ?? 0) + (slopes[middle] ?? 0)) / 2;
  return median * 3600;
}
