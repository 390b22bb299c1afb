// The memory verdict, always in sight.
import { follow } from '../lib/route';
import { useStore } from '../lib/store';
import { reportStore } from '../memory/report_store';
import { say } from '../memory/verdict';
import { link } from '../wire/connection';

export function Pill() {
  const { data, error } = useStore(reportStore);
  const open = useStore(link).phase === 'open';
  const said = say(data?.memory ?? null, data?.seconds ?? 0);
  // Figures of a server that does not answer any more are no verdict.
  const stale = data !== null && (!open || error !== null);
  return (
    <a class={`pill tone-${stale ? 'none' : said.tone}`} href="/memory" title={stale ? 'The last figures, before weir stopped answering' : said.sentence}
      onClick={(event) => follow(event, { view: 'memory' })}>
      <span class="icon" aria-hidden="true">{stale ? '◌' : said.icon}</span>
      <span>{stale ? `was ${said.short}` : said.short}</span>
    </a>
  );
}
