// A card with a small table of figures, and counts by reason in words.
import type { ComponentChildren } from 'preact';
import { count } from '../lib/format';
import type { Counts } from '../memory/report';

interface TableProps { title: string; note: string; head: string[]; children: ComponentChildren[]; empty: string; wide?: boolean }

export function Table({ title, note, head, children, empty, wide }: TableProps) {
  return (
    <section class={`card${wide === true ? ' wide' : ''}`}>
      <h2>{title} <small>{note}</small></h2>
      {children.length === 0 ? <p class="quiet">{empty}</p> : (
        <div class="scroll">
          <table>
            <thead><tr>{head.map((word, i) => <th key={word} class={i === 0 ? '' : 'n'}>{word}</th>)}</tr></thead>
            <tbody>{children}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export const named = (counts: Counts): string => Object.entries(counts).filter(([, n]) => n > 0).map(([why, n]) => `${count(n)} ${why}`).join(', ');
