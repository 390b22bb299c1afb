// The report, once a second, for every part that shows figures. Nothing is asked while the page is hidden or unconnected.
import { Store } from '../lib/store';
import { neverPolled, startPolling, type Polled } from '../lib/poll';
import { visible } from '../lib/visible';
import { link } from '../wire/connection';
import { shapeReport, type Report } from './report';

const everyMs = 1000;

export const reportStore = new Store<Polled<Report>>(neverPolled);

export function startReport(): void {
  let stop: (() => void) | null = null;
  const turn = () => {
    const on = visible.value && link.value.phase === 'open';
    if (on && stop === null) stop = startPolling('/api/report', everyMs, shapeReport, (next) => reportStore.set(next), reportStore.value);
    if (!on && stop !== null) {
      stop();
      stop = null;
    }
  };
  visible.subscribe(turn);
  link.subscribe(turn);
  turn();
}
