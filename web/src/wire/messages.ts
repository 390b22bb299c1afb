// The text messages of the server, checked before anything else sees them.
import { all, isFields, isNumber, number, rectangle, text } from '../lib/json';

export type StreamState = 'connecting' | 'live' | 'stalled' | 'parked' | 'ended';

export interface StreamInfo {
  id: number;
  name: string;
  state: StreamState;
  reason: string;
  sinceMs: number;
  codec: string;  // a WebCodecs codec string; empty when no browser decodes it
  width: number;
  height: number;
  epoch: number;
}

export interface Box {
  box: [number, number, number, number];  // x, y, w, h in source pixels
  class: string;
  confidence: number;
  track: number | null;
}

export interface BoxSet {
  stream: number;
  epoch: number;
  frame: number;
  ptsUs: number;
  boxes: Box[];
}

export type ServerMessage =
  | { type: 'hello'; protocol: number; weir: string; flow: string; streams: StreamInfo[] }
  | { type: 'stream'; stream: StreamInfo }
  | { type: 'boxes'; set: BoxSet };

const states: readonly string[] = ['connecting', 'live', 'stalled', 'parked', 'ended'];

function streamInfo(value: unknown): StreamInfo | null {
  if (!isFields(value) || !isNumber(value['id']) || typeof value['name'] !== 'string') return null;
  const state = text(value['state']);
  if (!states.includes(state)) return null;
  return {
    id: value['id'],
    name: value['name'],
    state: state as StreamState,
    reason: text(value['reason']),
    sinceMs: number(value['since_ms']),
    codec: text(value['codec']),
    width: number(value['width']),
    height: number(value['height']),
    epoch: number(value['epoch']),
  };
}

function oneBox(value: unknown): Box | null {
  if (!isFields(value)) return null;
  const box = rectangle(value['box']);
  const { track } = value;
  return box && { box, class: text(value['class']), confidence: number(value['confidence']), track: isNumber(track) ? track : null };
}

// null: not a message of this protocol.
export function parseMessage(json: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isFields(value)) return null;
  if (value['type'] === 'hello') {
    const streams = all(value['streams'], streamInfo);
    if (streams === null || !isNumber(value['protocol'])) return null;
    return { type: 'hello', protocol: value['protocol'], weir: text(value['weir']), flow: text(value['flow']), streams };
  }
  if (value['type'] === 'stream') {
    const stream = streamInfo(value);
    return stream && { type: 'stream', stream };
  }
  if (value['type'] === 'boxes') {
    const boxes = all(value['boxes'], oneBox);
    const { stream, pts_us: ptsUs } = value;
    if (boxes === null || !isNumber(stream) || !isNumber(ptsUs)) return null;
    return { type: 'boxes', set: { stream, epoch: number(value['epoch']), frame: number(value['frame']), ptsUs, boxes } };
  }
  return null;
}
