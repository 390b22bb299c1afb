// Can this browser decode a codec? Asked once for each; WebCodecs exists only in secure contexts (https, or this machine).
const known = new Map<string, Promise<boolean>>();

export const hasWebCodecs = (): boolean => typeof VideoDecoder === 'function' && typeof EncodedVideoChunk === 'function';

// No description: the stream is Annex B, with its parameter sets in band.
export function decoderConfig(codec: string): VideoDecoderConfig {
  return { codec, optimizeForLatency: true };
}

export function canDecode(codec: string): Promise<boolean> {
  if (codec === '' || !hasWebCodecs()) return Promise.resolve(false);
  let answer = known.get(codec);
  if (answer === undefined) {
    answer = VideoDecoder.isConfigSupported(decoderConfig(codec)).then(
      (found) => found.supported === true,
      () => false,  // a string that the browser cannot even parse
    );
    known.set(codec, answer);
  }
  return answer;
}
