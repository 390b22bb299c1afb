// The report of /api/report, as far as the page reads it. What is missing is empty, so that an older server still shows.
export type Counts = Record<string, number>;
export interface Quantiles { p50?: number; p95?: number; p99?: number; max?: number }

export interface CameraReport {
  id: string; state: string; reason?: string; received: number; decoded: number; detected: number; dropped: Counts; restarts: number;
  fps: number; frame_age_ms: Quantiles;
  dropped_by_stage?: Record<string, Counts>; restart_causes?: Counts;
  engine?: string; looked?: number; tracks?: number; result_age_bound_ms?: number; snapshots?: number;
  zones?: { name: string; inside: number; entered: number; left: number }[];
  lines?: { name: string; forward: number; backward: number }[];
  decode?: {
    idle: string; left_out: number; cpu_s: number; saved_s: number; hwaccel?: { asked: string; chosen: string | null; why: string };
  };
  recording?: { state: string; segments: number; clips: number; bytes: number; last_error: string } | null;
  second?: { state: string; reason: string } | null;
}
export interface DetectorReport {
  id: string; name: string; layout: string; shapes: string; cameras: number; frames: number; failures: number; service_ms: Quantiles;
}
export interface RecordingsReport { files: number; bytes: number; deleted_files: number; refused: number; last_error: string }
export interface SenderReport { id: string; offered: number; sent: number; waiting: number; dropped: Counts; failures: number; last_error: string }
export interface ChannelReport { id: string; capacity: number; overflow: string; offered: number; taken: number; dropped: Counts }
export interface PoolReport {
  id: string; slot_bytes: number; capacity: number; acquired: number; released: number; outstanding: number; peak: number;
  roles: Record<string, { held: number; peak: number; oldest_ms: number }>;
}
export interface ExclusiveReport { id: string; entries: number; skips: number; max_inside: number; wait_ms: Quantiles }
export interface HotPathReport {
  id: string; library?: boolean; passes: number; allocations: number; frees: number; bytes: number; preempted: number;
  duration_us: Quantiles;
}
export interface WorkerReport { id: string; pid: number; restarts: number; causes: Counts; revoked_leases: number; memory_bytes: number }
export interface Growing { owner: string; bytes_per_hour: number; since_s: number }
export type Verdict = 'level' | 'plateau' | 'growing' | 'warming' | 'undecided';
export interface MemoryReport {
  total_bytes: number;
  accounts: Record<string, { resident_bytes: number; live_bytes: number; idle_bytes: number }>;
  file_backed_bytes: number; stack_bytes: number; allocator_bytes: number; unaccounted_bytes: number; unaccounted_share: number;
  verdict: Verdict; growing: Growing[];
}
export interface Report {
  weir: string; flow: string; seconds: number; pid: number;
  cameras: CameraReport[]; channels: ChannelReport[]; pools: PoolReport[]; exclusive: ExclusiveReport[];
  hot_paths: HotPathReport[]; memory: MemoryReport; workers: WorkerReport[];
  detectors: DetectorReport[]; recordings: RecordingsReport | null; senders: SenderReport[];
}

export function shapeReport(json: unknown): Report {
  if (typeof json !== 'object' || json === null || !('memory' in json)) throw new Error('/api/report is not a report');
  const given = json as Partial<Report> & { memory: MemoryReport };
  const memory = { ...given.memory, accounts: given.memory.accounts ?? {}, growing: given.memory.growing ?? [] };
  return {
    weir: given.weir ?? '', flow: given.flow ?? '', seconds: given.seconds ?? 0, pid: given.pid ?? 0,
    cameras: given.cameras ?? [], channels: given.channels ?? [], pools: given.pools ?? [], exclusive: given.exclusive ?? [],
    hot_paths: given.hot_paths ?? [], memory, workers: given.workers ?? [],
    detectors: given.detectors ?? [], recordings: given.recordings ?? null, senders: given.senders ?? [],
  };
}
