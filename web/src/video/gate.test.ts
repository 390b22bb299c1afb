import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeGate, startQueue, steadyQueue } from './gate';

const unit = (key = false, gap = false, epoch = 1) => ({ key, gap, epoch });
const later = 10_000;

test('decoding starts at a key and then goes on', () => {
  const gate = new DecodeGate();
  assert.deepEqual([unit(), unit(true), unit(), unit(true), unit()].map((u) => gate.decide(u, 0, 0)),
    ['drop', 'restart', 'decode', 'decode', 'decode']);
  assert.equal(gate.dropped, 1);
});

test('a new epoch waits for its key, with a new decoder', () => {
  const gate = new DecodeGate();
  gate.decide(unit(true), 0, 0);
  assert.deepEqual([unit(false, false, 2), unit(true, false, 2), unit(false, false, 2)].map((u) => gate.decide(u, 0, 0)),
    ['drop', 'restart', 'decode']);
});

test('after a gap nothing is decoded before a key', () => {
  const gate = new DecodeGate();
  gate.decide(unit(true), 0, 0);
  assert.deepEqual([unit(false, true), unit(), unit(true)].map((u) => gate.decide(u, 0, 0)), ['drop', 'drop', 'restart']);
  assert.equal(gate.decide(unit(true, true), 0, 0), 'restart');
});

test('a decoder that falls behind loses frames up to the next key, counted', () => {
  const gate = new DecodeGate();
  gate.decide(unit(true), 0, 0);
  assert.equal(gate.decide(unit(), steadyQueue, later), 'decode');
  assert.deepEqual([unit(), unit(), unit(true)].map((u) => gate.decide(u, steadyQueue + 1, later)), ['drop', 'drop', 'restart']);
  assert.equal(gate.dropped, 2);
});

test('the burst after a start is not falling behind, but has an end too', () => {
  const gate = new DecodeGate();
  gate.decide(unit(true), 0, 0);
  assert.equal(gate.decide(unit(), 60, 100), 'decode');
  assert.equal(gate.decide(unit(), startQueue + 1, 200), 'drop');
});

test('restart() waits for a key', () => {
  const gate = new DecodeGate();
  gate.decide(unit(true), 0, 0);
  gate.restart();
  assert.deepEqual([unit(), unit(true)].map((u) => gate.decide(u, 0, 0)), ['drop', 'restart']);
});
