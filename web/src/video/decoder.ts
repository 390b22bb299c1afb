// One stream's decoder. It hands out frames in presentation order; whoever takes one closes it.
import type { WireHeader } from '../wire/header';
import { DecodeGate } from './gate';
import { decoderConfig } from './support';

// So many failures without a single frame between them mean that this browser cannot decode the stream.
const maxFailures = 3;

export class StreamDecoder {
  private decoder: VideoDecoder | null = null;
  private readonly gate = new DecodeGate();
  private failures = 0;
  decoded = 0;

  constructor(private readonly onFrame: (frame: VideoFrame) => void, private readonly onHopeless: (why: string) => void) {}

  get dropped(): number {
    return this.gate.dropped;
  }

  push(codec: string, header: WireHeader, payload: Uint8Array): void {
    const decision = this.gate.decide(header, this.decoder?.decodeQueueSize ?? 0, performance.now());
    if (decision === 'drop') return;
    try {
      if (decision === 'restart' || this.decoder === null) this.setUp(codec);
      this.decoder?.decode(new EncodedVideoChunk({ type: header.key ? 'key' : 'delta', timestamp: header.ptsUs, data: payload }));
    } catch (cause) {
      this.failed(cause);
    }
  }

  restart(): void {
    this.close();
    this.gate.restart();
  }

  close(): void {
    const { decoder } = this;
    this.decoder = null;
    if (decoder !== null && decoder.state !== 'closed') decoder.close();
  }

  private setUp(codec: string): void {
    this.close();
    const decoder: VideoDecoder = new VideoDecoder({
      output: (frame) => {
        this.decoded += 1;
        this.failures = 0;
        this.onFrame(frame);
      },
      error: (cause) => {
        // A decoder that has been replaced has nothing more to say.
        if (this.decoder === decoder) this.failed(cause);
      },
    });
    this.decoder = decoder;
    decoder.configure(decoderConfig(codec));
  }

  private failed(cause: unknown): void {
    this.restart();
    this.failures += 1;
    if (this.failures >= maxFailures) this.onHopeless(cause instanceof Error ? cause.message : String(cause));
  }
}
