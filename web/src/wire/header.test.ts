import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeader, headerBytes } from './header';

function message(change: (view: DataView) => void = () => {}, payload = 5): ArrayBuffer {
  const buffer = new ArrayBuffer(headerBytes + payload);
  const view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint8(1, 1);
  view.setUint16(2, 1, true);
  view.setUint32(4, 3, true);
  view.setBigUint64(8, 77n, true);
  view.setBigInt64(16, -40_000n, true);
  view.setBigInt64(24, -80_000n, true);
  view.setBigInt64(32, 1_790_000_000_123_456n, true);
  view.setUint32(40, 2, true);
  view.setUint32(44, payload, true);
  change(view);
  return buffer;
}

test('every field is read from its place, signed where it is signed', () => {
  assert.deepEqual(decodeHeader(message()), { kind: 'unit', key: true, gap: false, stream: 3, sequence: 77, ptsUs: -40_000,
    dtsUs: -80_000, captureUs: 1_790_000_000_123_456, epoch: 2, bytes: 5 });
  assert.equal(decodeHeader(message((v) => v.setUint8(1, 2)))?.kind, 'picture');
  const flags = decodeHeader(message((v) => v.setUint16(2, 2, true)));
  assert.deepEqual([flags?.key, flags?.gap], [false, true]);
});

test('what is not a message of this protocol is refused', () => {
  const wrong: [string, ArrayBuffer][] = [
    ['too short', new ArrayBuffer(47)],
    ['version', message((v) => v.setUint8(0, 2))],
    ['kind', message((v) => v.setUint8(1, 3))],
    ['unknown flag', message((v) => v.setUint16(2, 4, true))],
    ['epoch 0', message((v) => v.setUint32(40, 0, true))],
    ['longer than it says', message((v) => v.setUint32(44, 4, true))],
    ['shorter than it says', message((v) => v.setUint32(44, 6, true))],
  ];
  for (const [why, buffer] of wrong) assert.equal(decodeHeader(buffer), null, why);
});
