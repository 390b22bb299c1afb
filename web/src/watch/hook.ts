// What tests and scripts may read off a picture's element, without reaching into the page.
import type { PlayerFigures } from '../video/player';
import type { StreamInfo } from '../wire/messages';

export function hookOf(info: StreamInfo, figures: PlayerFigures | null): Record<string, string | number> {
  return {
    'data-camera': info.name,
    'data-state': info.state,
    'data-mode': figures?.mode ?? 'none',
    'data-frames': figures?.frames ?? 0,
    'data-decoded': figures?.decoded ?? 0,
    'data-closed': figures?.closed ?? 0,
    'data-dropped': figures?.dropped ?? 0,
    'data-skipped': figures?.skipped ?? 0,
    'data-boxes': figures?.boxes ?? 0,
    'data-box-x': figures?.boxesX ?? 0,
    'data-objects': figures?.objects ?? '',
  };
}
