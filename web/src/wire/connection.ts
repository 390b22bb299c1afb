// The one WebSocket of the page: reconnects by itself, keeps the streams' states, and carries the subscriptions over.
import { backoffMs } from '../lib/backoff';
import { Store } from '../lib/store';
import { visible } from '../lib/visible';
import { decodeHeader, headerBytes, protocolVersion, type WireHeader } from './header';
import { parseMessage, type BoxSet, type StreamInfo } from './messages';

export type Link =
  | { phase: 'connecting' }                                           // never been connected yet
  | { phase: 'open'; weir: string; flow: string }
  | { phase: 'lost'; everOpen: boolean; sinceMs: number; nextTryMs: number | null }  // null: trying now
  | { phase: 'mismatch'; protocol: number };

// Who draws a stream. One at a time for each stream: the wall's tile or the single view.
export interface Sink {
  as(): 'packets' | 'picture';
  unit(header: WireHeader, payload: Uint8Array): void;
  boxes(set: BoxSet): void;
  restart(): void;  // a new connection: nothing that came before continues
}

export const link = new Store<Link>({ phase: 'connecting' });
export const streams = new Store<readonly StreamInfo[]>([]);

type StreamListener = (before: StreamInfo | undefined, now: StreamInfo) => void;

class Connection {
  private socket: WebSocket | null = null;
  private readonly sinks = new Map<string, Sink>();
  private readonly byId = new Map<number, Sink>();
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = false;
  onStream: StreamListener = () => {};

  start(): void {
    this.open();
    // Without anyone looking there is no hurry: the next try waits for the page to be seen again.
    visible.subscribe(() => {
      if (visible.value && this.wanted) this.tryNow();
    });
  }

  tryNow(): void {
    if (link.value.phase !== 'lost' || this.socket !== null) return;
    clearTimeout(this.timer);
    this.open();
  }

  subscribe(name: string, sink: Sink): void {
    this.sinks.set(name, sink);
    const id = streams.value.find((one) => one.name === name)?.id;
    if (id !== undefined) this.byId.set(id, sink);
    this.send({ type: 'subscribe', stream: name, as: sink.as() });
  }

  // Nothing happens if another sink has taken the stream meanwhile.
  unsubscribe(name: string, sink: Sink): void {
    if (this.sinks.get(name) !== sink) return;
    this.sinks.delete(name);
    for (const [id, one] of this.byId) if (one === sink) this.byId.delete(id);
    this.send({ type: 'unsubscribe', stream: name });
  }

  private send(message: { type: string; stream: string; as?: string }): void {
    if (link.value.phase !== 'open' || this.socket?.readyState !== WebSocket.OPEN) return;
    // A stream that the server has not named yet would be refused; it is asked for when it comes.
    if (!streams.value.some((one) => one.name === message.stream)) return;
    this.socket.send(JSON.stringify(message));
  }

  private open(): void {
    this.wanted = false;
    const before = link.value;
    if (before.phase === 'lost') link.set({ ...before, nextTryMs: null });
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, 'weir.1');
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => {
      if (typeof event.data === 'string') this.onText(event.data);
      else this.onBinary(event.data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.onClosed();
    };
  }

  private onClosed(): void {
    this.socket = null;
    const before = link.value;
    if (before.phase === 'mismatch') return;
    const wait = backoffMs(this.attempt, Math.random());
    this.attempt += 1;
    link.set({
      phase: 'lost',
      everOpen: before.phase === 'open' || (before.phase === 'lost' && before.everOpen),
      sinceMs: before.phase === 'lost' ? before.sinceMs : Date.now(),
      nextTryMs: Date.now() + wait,
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (visible.value) this.open();
      else this.wanted = true;
    }, wait);
  }

  private onBinary(message: ArrayBuffer): void {
    const header = decodeHeader(message);
    if (header === null) return this.misunderstood();
    this.byId.get(header.stream)?.unit(header, new Uint8Array(message, headerBytes));
  }

  private onText(json: string): void {
    const message = parseMessage(json);
    if (message === null) return this.misunderstood();
    if (message.type === 'hello') {
      if (message.protocol !== protocolVersion) return this.mismatch(message.protocol);
      this.attempt = 0;
      const before = streams.value;
      streams.set(message.streams);
      link.set({ phase: 'open', weir: message.weir, flow: message.flow });
      this.byId.clear();
      for (const stream of message.streams) {
        this.onStream(before.find((one) => one.name === stream.name), stream);
        const sink = this.sinks.get(stream.name);
        if (sink === undefined) continue;
        sink.restart();
        this.subscribe(stream.name, sink);
      }
    } else if (message.type === 'stream') {
      this.changed(message.stream);
    } else {
      this.byId.get(message.set.stream)?.boxes(message.set);
    }
  }

  private changed(stream: StreamInfo): void {
    const before = streams.value.find((one) => one.id === stream.id);
    streams.set(before ? streams.value.map((one) => (one.id === stream.id ? stream : one)) : [...streams.value, stream]);
    this.onStream(before, stream);
    const sink = this.sinks.get(stream.name);
    if (before === undefined && sink !== undefined) this.subscribe(stream.name, sink);
  }

  // A server of another version: going on would show nonsense.
  private mismatch(protocol: number): void {
    link.set({ phase: 'mismatch', protocol });
    this.socket?.close();
  }

  // One message that makes no sense means that the two disagree about the rest too: begin again.
  private misunderstood(): void {
    this.socket?.close();
  }
}

export const connection = new Connection();
