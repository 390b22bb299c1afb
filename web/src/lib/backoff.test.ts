import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffLimitMs, backoffMs } from './backoff';

test('waits grow, stay within half to full of their step, and end at the limit', () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const full = Math.min(backoffLimitMs, 500 * 2 ** attempt);
    assert.equal(backoffMs(attempt, 0), Math.round(full / 2));
    assert.equal(backoffMs(attempt, 1), full);
  }
  assert.equal(backoffMs(1000, 1), backoffLimitMs);
});
