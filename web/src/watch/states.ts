// The states that each stream has been in since the page was opened.
import { Store } from '../lib/store';
import type { StreamInfo, StreamState } from '../wire/messages';

export interface StateChange {
  id: number;
  atMs: number;  // wall time at which it began
  state: StreamState;
  reason: string;
}

const kept = 50;

export class StateLog {
  private changes: StateChange[] = [];  // newest first
  private nextId = 1;

  list(): readonly StateChange[] {
    return this.changes;
  }

  // True when something for people has changed.
  add(info: StreamInfo, nowMs: number): boolean {
    const last = this.changes[0];
    if (last?.state === info.state && last.reason === info.reason) return false;
    const atMs = info.sinceMs > 0 ? Math.min(info.sinceMs, nowMs) : nowMs;
    this.changes = [{ id: this.nextId, atMs, state: info.state, reason: info.reason }, ...this.changes].slice(0, kept);
    this.nextId += 1;
    return true;
  }
}

const logs = new Map<string, StateLog>();
// Goes up with every change.
export const statesVersion = new Store<number>(0);

export function stateLog(name: string): StateLog {
  let log = logs.get(name);
  if (log === undefined) logs.set(name, (log = new StateLog()));
  return log;
}

export function noteState(_before: StreamInfo | undefined, now: StreamInfo): void {
  if (stateLog(now.name).add(now, Date.now())) statesVersion.set(statesVersion.value + 1);
}
