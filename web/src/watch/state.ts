// A stream's state in words, with how long it has been so where that matters.
import { elapsed } from '../lib/format';
import type { StreamInfo, StreamState } from '../wire/messages';

export const stateIcon: Record<StreamState, string> = { live: '●', connecting: '◌', stalled: '▲', parked: '❙❙', ended: '■' };

export function stateWords(info: StreamInfo, nowMs: number): string {
  const since = info.sinceMs > 0 ? elapsed(nowMs - info.sinceMs) : '';
  switch (info.state) {
    case 'live':
      return 'live';
    case 'connecting':
      return since === '' ? 'connecting' : `connecting for ${since}`;
    case 'stalled':
      return since === '' ? 'stalled' : `stalled since ${since}`;
    case 'parked':
      return since === '' ? 'parked' : `parked since ${since}`;
    case 'ended':
      return 'ended';
  }
}

// What a tile without a picture says.
export function emptyWords(info: StreamInfo): string {
  switch (info.state) {
    case 'live':
      return 'Waiting for the next key frame';
    case 'connecting':
      return info.reason === '' ? 'Connecting to the camera' : info.reason;
    case 'stalled':
      return info.reason === '' ? 'No frames are coming' : info.reason;
    case 'parked':
      return info.reason === '' ? 'Parked; it is tried again by itself' : info.reason;
    case 'ended':
      return info.reason === '' ? 'The source has ended' : info.reason;
  }
}
