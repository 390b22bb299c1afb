// Puts one stream on one tile: packets → decoder → newest frame → canvas, with the boxes of that frame over it.
import { connection, type Sink } from '../wire/connection';
import type { WireHeader } from '../wire/header';
import type { BoxSet, StreamInfo } from '../wire/messages';
import { BoxTrack } from './boxes';
import { StreamDecoder } from './decoder';
import { fit } from './fit';
import { objectsOf, paintBoxes } from './paint';
import { RateMeter } from './rate';
import { canDecode, hasWebCodecs } from './support';

export interface PlayerFigures {
  mode: 'video' | 'picture';
  why: string;        // why it is a picture, for people
  frames: number;     // drawn
  decoded: number;
  closed: number;     // equal to decoded, but for the one that waits to be drawn
  dropped: number;    // before the decoder, up to the next key
  skipped: number;    // decoded, but a newer one was there before the screen came round
  boxes: number;      // on the picture now
  boxesX: number;     // centre of the first one, in source pixels
  objects: string;    // what they are, in a few words
  picture: { width: number; height: number } | null;  // as it is drawn
  fps: number | null;
  captureMs: number | null;  // when the frame on the screen was received by the server
}

type Picture = { image: VideoFrame | ImageBitmap; ptsUs: number };

const keptTimes = 128;

export class Player implements Sink {
  private readonly decoder = new StreamDecoder((frame) => this.offer({ image: frame, ptsUs: frame.timestamp }), (why) => this.giveUp(why));
  private readonly track = new BoxTrack();
  private readonly rate = new RateMeter();
  private readonly captures = new Map<number, number>();  // PTS → wall time, of frames on their way through the decoder
  private mode: 'video' | 'picture' | null = null;
  private why = '';
  private hopelessEpoch = 0;
  private next: Picture | null = null;
  private shownPts: number | null = null;
  private request = 0;
  private closed = false;
  private decodingPicture = false;
  private readonly watchSize: ResizeObserver;
  private readonly count = { frames: 0, decoded: 0, closed: 0, skipped: 0 };
  private boxesNow = 0;
  private boxesX = 0;
  private objects = '';
  private pointer: { x: number; y: number } | null = null;
  private captureUs: number | null = null;

  constructor(private info: StreamInfo, private readonly canvas: HTMLCanvasElement, private readonly overlay: HTMLCanvasElement) {
    this.watchSize = new ResizeObserver(() => this.schedule());
    this.watchSize.observe(overlay);
    void this.choose();
  }

  as(): 'packets' | 'picture' {
    return this.mode === 'picture' ? 'picture' : 'packets';
  }

  update(info: StreamInfo): void {
    const changed = info.codec !== this.info.codec || info.epoch !== this.info.epoch;
    // Packets of the new codec may have come before this word of it; they went into the wrong decoder.
    if (info.codec !== this.info.codec) this.decoder.restart();
    this.info = info;
    if (changed) void this.choose();
  }

  unit(header: WireHeader, payload: Uint8Array): void {
    this.rate.add(header.sequence, header.captureUs);
    this.captures.set(header.ptsUs, header.captureUs);
    if (this.captures.size > keptTimes) this.captures.delete(this.captures.keys().next().value ?? 0);
    if (header.kind === 'picture') void this.decodePicture(header, payload);
    else if (this.mode === 'video') this.decoder.push(this.info.codec, header, payload);
  }

  boxes(set: BoxSet): void {
    this.track.add(set);
    // They come a little after their frame: it may be on the screen already.
    if (this.shownPts !== null && set.ptsUs <= this.shownPts) this.schedule();
  }

  // Where the pointer is over the stage, CSS pixels; null: elsewhere.
  pointAt(at: { x: number; y: number } | null): void {
    this.pointer = at;
    this.schedule();
  }

  restart(): void {
    this.decoder.restart();
    this.track.clear();
    this.rate.clear();
    this.captures.clear();
    this.shownPts = null;
  }

  close(): void {
    this.closed = true;
    connection.unsubscribe(this.info.name, this);
    cancelAnimationFrame(this.request);
    this.watchSize.disconnect();
    this.decoder.close();
    this.drop(this.next);
    this.next = null;
  }

  figures(serverNowUs: number): PlayerFigures {
    return {
      mode: this.mode ?? 'video', why: this.why, frames: this.count.frames, decoded: this.count.decoded,
      closed: this.count.closed, dropped: this.decoder.dropped, skipped: this.count.skipped, boxes: this.boxesNow,
      boxesX: this.boxesX, objects: this.objects, picture: this.count.frames > 0 ? { width: this.canvas.width, height: this.canvas.height } : null,
      fps: this.rate.fps(serverNowUs), captureMs: this.captureUs === null ? null : this.captureUs / 1000,
    };
  }

  // Packets where this browser decodes them, else the server's JPEGs.
  private async choose(): Promise<void> {
    const { codec, epoch } = this.info;
    // Nothing is known of a camera that has not been connected yet.
    if (codec === '' && this.info.width === 0) return;
    const able = this.hopelessEpoch !== epoch && (await canDecode(codec));
    if (this.closed || codec !== this.info.codec || epoch !== this.info.epoch) return;
    const mode = able ? 'video' : 'picture';
    if (mode === 'picture' && this.hopelessEpoch !== epoch) {
      this.why = codec === '' ? 'no browser decodes this codec'
        : hasWebCodecs() ? `this browser does not decode ${codec}` : 'this address is not secure, so the browser decodes no video';
    }
    if (mode === this.mode) return;
    this.mode = mode;
    this.decoder.restart();
    connection.subscribe(this.info.name, this);
  }

  private giveUp(why: string): void {
    this.hopelessEpoch = this.info.epoch;
    this.why = `this browser could not decode it: ${why}`;
    void this.choose();
  }

  private async decodePicture(header: WireHeader, payload: Uint8Array): Promise<void> {
    if (this.decodingPicture) return;  // newest wins, and the next one is 200 ms away
    this.decodingPicture = true;
    try {
      const image = await createImageBitmap(new Blob([payload as BlobPart], { type: 'image/jpeg' }));
      this.offer({ image, ptsUs: header.ptsUs });
    } catch {
      // One broken JPEG: the next replaces it.
      this.count.skipped += 1;
    }
    this.decodingPicture = false;
  }

  private offer(picture: Picture): void {
    this.count.decoded += 1;
    if (this.closed) return this.drop(picture);
    if (this.next !== null) {
      this.count.skipped += 1;
      this.drop(this.next);
    }
    this.next = picture;
    this.schedule();
  }

  private drop(picture: Picture | null): void {
    if (picture === null) return;
    picture.image.close();
    this.count.closed += 1;
  }

  private schedule(): void {
    if (this.request !== 0 || this.closed) return;
    this.request = requestAnimationFrame(() => {
      this.request = 0;
      this.draw();
    });
  }

  private draw(): void {
    const picture = this.next;
    this.next = null;
    if (picture !== null) {
      this.show(picture);
      this.drop(picture);
    }
    this.drawBoxes();
  }

  private show({ image, ptsUs }: Picture): void {
    const width = image instanceof ImageBitmap ? image.width : image.displayWidth;
    const height = image instanceof ImageBitmap ? image.height : image.displayHeight;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const pen = this.canvas.getContext('2d', { alpha: false });
    if (pen === null) return;
    pen.drawImage(image, 0, 0, width, height);
    this.count.frames += 1;
    this.shownPts = ptsUs;
    this.captureUs = this.captures.get(ptsUs) ?? this.captureUs;
  }

  private drawBoxes(): void {
    const scale = devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.overlay.clientWidth * scale));
    const height = Math.max(1, Math.round(this.overlay.clientHeight * scale));
    if (this.overlay.width !== width || this.overlay.height !== height) {
      this.overlay.width = width;
      this.overlay.height = height;
    }
    const shown = this.shownPts === null ? null : this.track.at(this.shownPts);
    const boxes = shown?.boxes ?? [];
    this.boxesNow = boxes.length;
    this.objects = objectsOf(boxes);
    const first = boxes[0];
    if (first !== undefined) this.boxesX = Math.round(first.box[0] + first.box[2] / 2);
    const source = this.info.width > 0 ? this.info : this.canvas;
    const place = fit(this.overlay, this.canvas);
    const { pointer } = this;
    paintBoxes(this.overlay, {
      boxes, alpha: shown?.alpha ?? 0, source, place,
      pointer: pointer && { x: ((pointer.x * scale - place.x) / place.w) * source.width, y: ((pointer.y * scale - place.y) / place.h) * source.height },
    });
  }
}
