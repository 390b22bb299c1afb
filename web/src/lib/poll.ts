// Asks for a JSON document again and again while `on`; one request at a time, each with a time limit.
import { useEffect, useState } from 'preact/hooks';

export interface Polled<T> {
  data: T | null;      // the last good answer
  at: number;          // when it came, ms since 1970; 0: never
  error: string | null;  // why the last try failed
}

const limitMs = 8000;

export async function fetchJson(path: string, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(path, { signal, headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json() as Promise<unknown>;
}

export function startPolling<T>(path: string, everyMs: number, shape: (json: unknown) => T, tell: (next: Polled<T>) => void,
                                first: Polled<T>): () => void {
  let last = first;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = new AbortController();
  const ask = async (): Promise<void> => {
    const begun = performance.now();
    const one = new AbortController();
    const abort = () => one.abort();
    const limit = setTimeout(abort, limitMs);
    stop.signal.addEventListener('abort', abort);
    try {
      last = { data: shape(await fetchJson(path, one.signal)), at: Date.now(), error: null };
    } catch (cause) {
      const late = one.signal.aborted && !stop.signal.aborted;
      last = { ...last, error: late ? `no answer within ${limitMs / 1000} s` : cause instanceof Error ? cause.message : String(cause) };
    }
    clearTimeout(limit);
    stop.signal.removeEventListener('abort', abort);
    if (stop.signal.aborted) return;
    tell(last);
    timer = setTimeout(() => void ask(), Math.max(100, everyMs - (performance.now() - begun)));
  };
  void ask();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

export function usePoll<T>(path: string, everyMs: number, shape: (json: unknown) => T, on: boolean): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ data: null, at: 0, error: null });
  useEffect(() => (on ? startPolling(path, everyMs, shape, setPolled, polled) : undefined), [path, everyMs, shape, on]);
  return polled;
}
