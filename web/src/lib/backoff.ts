// How long to wait before the next try: doubling, jittered so that many pages do not return at once, never above the limit.
export const backoffLimitMs = 8000;

export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(backoffLimitMs, 500 * 2 ** Math.min(attempt, 16));
  return Math.round(full * (0.5 + 0.5 * random));
}
