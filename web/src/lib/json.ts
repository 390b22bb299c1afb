// What is read from JSON that came from elsewhere: checked before anything else sees it.
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const number = (value: unknown): number => (isNumber(value) ? value : 0);
export const texts = (value: unknown): string[] => (Array.isArray(value) ? (value as unknown[]).filter((one): one is string => typeof one === 'string') : []);

// null: not an array, or one of them is not what it should be.
export function all<T>(values: unknown, one: (value: unknown) => T | null): T[] | null {
  if (!Array.isArray(values)) return null;
  const out: T[] = [];
  for (const value of values as unknown[]) {
    const made = one(value);
    if (made === null) return null;
    out.push(made);
  }
  return out;
}

// x, y, w, h
export function rectangle(value: unknown): [number, number, number, number] | null {
  if (!Array.isArray(value)) return null;
  const [x, y, w, h] = value as unknown[];
  return isNumber(x) && isNumber(y) && isNumber(w) && isNumber(h) ? [x, y, w, h] : null;
}
