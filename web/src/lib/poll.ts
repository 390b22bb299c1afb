// Asks for a JSON document again and again while `on`; one request at a time, each with a time limit.
import { useEffect, useState } from 'preact/hooks';
import { fetchJson, HttpError, words } from './http';

export interface Polled<T> {
  data: T | null;      // the last good answer
  at: number;          // when it came, ms since 1970; 0: never
  error: string | null;  // why the last try failed
  status: number;      // with which the server refused it; 0: it did not
}

export const neverPolled = { data: null, at: 0, error: null, status: 0 } as const;

const limitMs = 8000;

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
      last = { data: shape(await fetchJson(path, { signal: one.signal })), at: Date.now(), error: null, status: 0 };
    } catch (cause) {
      const late = one.signal.aborted && !stop.signal.aborted;
      last = { ...last, error: late ? `no answer within ${limitMs / 1000} s` : words(cause), status: cause instanceof HttpError ? cause.status : 0 };
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
  const [polled, setPolled] = useState<Polled<T>>(neverPolled);
  useEffect(() => (on ? startPolling(path, everyMs, shape, setPolled, polled) : undefined), [path, everyMs, shape, on]);
  return polled;
}
