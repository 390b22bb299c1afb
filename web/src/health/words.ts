// What the report says of a camera, in words for people.
import { count, duration, wholePercent } from '../lib/format';
import type { CameraReport, Counts, SenderReport } from '../memory/report';

const idleWords: Record<string, string> = {
  reference: 'only frames that others refer to while nothing moves',
  keyframes: 'only key frames while nothing moves',
};

// "only key frames while nothing moves: about 71 % of decoding saved"
export function decodeWords(decode: CameraReport['decode']): string {
  if (decode === undefined) return '–';
  const idle = idleWords[decode.idle];
  if (idle === undefined) return 'everything, always';
  const whole = decode.cpu_s + decode.saved_s;
  if (decode.left_out === 0 || whole <= 0) return `${idle}: nothing left out yet`;
  return `${idle}: about ${wholePercent(decode.saved_s / whole)} of decoding saved`;
}

// Who decodes, where somebody asked for it: "software (nvdec: no NVIDIA device)"; empty: nobody did.
export function decoderWords(decode: CameraReport['decode']): string {
  const device = decode?.hwaccel;
  if (device === undefined || device.asked === 'none') return '';
  return (device.chosen ?? 'nothing yet') + (device.why === '' ? '' : ` (${device.why})`);
}

// Each stage that dropped something, with its reasons; empty: none did.
export function droppedWords(camera: Pick<CameraReport, 'dropped' | 'dropped_by_stage'>): { stage: string; words: string }[] {
  const reasons = (counts: Counts) => Object.entries(counts).filter(([, n]) => n > 0).map(([why, n]) => `${count(n)} ${why}`).join(', ');
  const stages = camera.dropped_by_stage === undefined ? [['', camera.dropped] as const] : Object.entries(camera.dropped_by_stage);
  return stages.map(([stage, counts]) => ({ stage, words: reasons(counts) })).filter(({ words }) => words !== '');
}

// The age that 95 of 100 frames stay under, and what it cannot exceed where a detector is shared.
export function ageWords(camera: Pick<CameraReport, 'frame_age_ms' | 'result_age_bound_ms'>): { p95: string; bound: string; above: boolean } {
  const p95 = camera.frame_age_ms.p95 ?? 0;
  const bound = camera.result_age_bound_ms ?? 0;
  return { p95: duration(p95), bound: bound > 0 ? `at most ${duration(bound)}` : '', above: bound > 0 && p95 > bound };
}

export const engineWords: Record<string, string> = { motion: 'movement alone', people: 'people', onnx: 'objects by a model' };

export const isSenderFine = (sender: SenderReport): boolean => Object.values(sender.dropped).every((n) => n === 0) && sender.last_error === '';
