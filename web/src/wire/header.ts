// The 48-byte header of a binary message; docs/protocol.md is the agreement.
export const headerBytes = 48;
export const maxPayloadBytes = 16 * 1024 * 1024;
export const protocolVersion = 1;

export interface WireHeader {
  kind: 'unit' | 'picture';
  key: boolean;       // decoding can start here
  gap: boolean;       // messages were dropped before this one
  stream: number;
  sequence: number;
  ptsUs: number;
  dtsUs: number;
  captureUs: number;  // wall time, since 1970
  epoch: number;
  bytes: number;
}

// null: not a message of this protocol.
export function decodeHeader(message: ArrayBuffer): WireHeader | null {
  if (message.byteLength < headerBytes) return null;
  const view = new DataView(message);
  const kind = view.getUint8(1);
  const flags = view.getUint16(2, true);
  const bytes = view.getUint32(44, true);
  const epoch = view.getUint32(40, true);
  if (view.getUint8(0) !== protocolVersion || (kind !== 1 && kind !== 2) || (flags & ~3) !== 0) return null;
  if (epoch === 0 || bytes > maxPayloadBytes || bytes !== message.byteLength - headerBytes) return null;
  return {
    kind: kind === 1 ? 'unit' : 'picture',
    key: (flags & 1) !== 0,
    gap: (flags & 2) !== 0,
    stream: view.getUint32(4, true),
    // Exact up to 2^53: µs since 1970 stay below that until the year 2255.
    sequence: Number(view.getBigUint64(8, true)),
    ptsUs: Number(view.getBigInt64(16, true)),
    dtsUs: Number(view.getBigInt64(24, true)),
    captureUs: Number(view.getBigInt64(32, true)),
    epoch,
    bytes,
  };
}
