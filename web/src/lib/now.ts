// A clock for figures that count up by themselves; it stops with the page hidden.
import { useEffect, useState } from 'preact/hooks';
import { useStore } from './store';
import { visible } from './visible';

export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  const shown = useStore(visible);
  useEffect(() => {
    if (!shown) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, shown]);
  return now;
}
