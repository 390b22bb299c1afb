// The answer of /api/health.
import type { Counts } from '../memory/report';

export interface Health {
  machine: { cpus: number; memory_bytes: number; kernel: string };
  capabilities: { name: string; in_force: boolean; detail: string }[];
  restarts: { id: string; state: string; restarts: number; causes: Counts; reason: string }[];
  pipelines: { id: string; mode: string; from: string }[];
  workers: { id: string; pid: number; sandbox: string; last_end: string }[];
  settings: { key: string; value: unknown; origin: string }[];
}

export function shapeHealth(json: unknown): Health {
  if (typeof json !== 'object' || json === null || !('machine' in json)) throw new Error('/api/health is not a health report');
  const given = json as Partial<Health> & Pick<Health, 'machine'>;
  return { machine: given.machine, capabilities: given.capabilities ?? [], restarts: given.restarts ?? [], pipelines: given.pipelines ?? [], workers: given.workers ?? [], settings: given.settings ?? [] };
}

export const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '');

// Every word must be somewhere in key, value or origin.
export function matches(setting: { key: string; value: unknown; origin: string }, filter: string): boolean {
  const text = `${setting.key} ${shown(setting.value)} ${setting.origin}`.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
