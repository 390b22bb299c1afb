// The binary message of docs/protocol.md.
export function message({ kind, key, gap, stream, sequence, ptsUs, captureUs, epoch, payload }) {
  const out = Buffer.alloc(48 + payload.length);
  out.writeUInt8(1, 0);
  out.writeUInt8(kind, 1);
  out.writeUInt16LE((key ? 1 : 0) | (gap ? 2 : 0), 2);
  out.writeUInt32LE(stream, 4);
  out.writeBigUInt64LE(BigInt(sequence), 8);
  out.writeBigInt64LE(BigInt(ptsUs), 16);
  out.writeBigInt64LE(BigInt(ptsUs), 24);
  out.writeBigInt64LE(BigInt(captureUs), 32);
  out.writeUInt32LE(epoch, 40);
  out.writeUInt32LE(payload.length, 44);
  payload.copy(out, 48);
  return out;
}
