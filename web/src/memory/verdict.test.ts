import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryReport } from './report';
import { say } from './verdict';

const memory = (change: Partial<MemoryReport>): MemoryReport => ({ total_bytes: 212e6, accounts: {}, file_backed_bytes: 0, stack_bytes: 0,
  allocator_bytes: 0, unaccounted_bytes: 0, unaccounted_share: 0.021, verdict: 'level', growing: [], ...change });
const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('the pill says verdict, size and what nobody owns', () => {
  assert.equal(plain(say(memory({}), 0).short), 'level · 212 MB · 2.1 % unowned');
  assert.equal(say(memory({}), 0).tone, 'good');
});

test('a growing owner is named, with slope and for how long', () => {
  const said = say(memory({ verdict: 'growing', growing: [{ owner: 'front', bytes_per_hour: 3.6e6, since_s: 100 }] }), 820);
  assert.equal(plain(said.sentence), 'front is growing by 3.6 MB an hour, for 12 min.');
  assert.equal(said.tone, 'bad');
});

test('more unowned memory than agreed is never green', () => {
  for (const verdict of ['level', 'plateau'] as const) {
    assert.equal(say(memory({ verdict, unaccounted_share: 0.07 }), 0).tone, 'watch');
    assert.match(plain(say(memory({ verdict, unaccounted_share: 0.07 }), 0).sentence), /7\.0 % of it belongs to nobody/);
  }
});

test('tones differ in their icon too', () => {
  const icons = (['level', 'growing', 'warming', 'undecided'] as const).map((verdict) => say(memory({ verdict }), 0).icon);
  assert.equal(new Set(icons).size, 4);
  assert.equal(say(null, 0).tone, 'none');
});
