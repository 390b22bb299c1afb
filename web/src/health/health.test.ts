import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, shapeHealth, shown } from './health';

test('a setting is found by any words of key, value or origin', () => {
  const setting = { key: 'motion.threshold', value: 12, origin: 'file weir.toml' };
  for (const filter of ['', 'motion', 'THRESH 12', 'toml motion']) assert.equal(matches(setting, filter), true, filter);
  assert.equal(matches(setting, 'motion default'), false);
});

test('values of any kind are shown', () => {
  assert.deepEqual([shown('a'), shown(1.5), shown(true), shown(['a', 1]), shown(undefined)], ['a', '1.5', 'true', '["a",1]', '']);
});

test('what is not a health report is refused', () => {
  assert.throws(() => shapeHealth({}));
  assert.deepEqual(shapeHealth({ machine: { cpus: 2, memory_bytes: 1, kernel: 'x' } }).settings, []);
});
