// A stand-in for `weir watch` that speaks docs/protocol.md with generated video and made-up reports: for working on the page
// and for its tests. Usage: node mock/server.mjs [--port N] [--leak] [--empty] [--bare] [--dist DIR]; prints its address.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { makeFeed, makePictures } from './feed.mjs';
import { health, memory, report } from './reports.mjs';
import { makeClip, makeStory } from './story.mjs';
import { message } from './wire.mjs';

export const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const views = ['/', '/watch', '/events', '/memory', '/health'];
const isView = (path) => views.includes(path) || path.startsWith('/watch/') || path.startsWith('/events/');

// `bare`: nothing is recorded, nothing has happened, and there is no settings file. `lively`: events happen by themselves.
export async function startMock({ port = 0, leak = false, empty = false, bare = false, lively = false, verdict = 'level', startedSecondsAgo = 900, protocol = 1, feeds = null,
                                  dist = fileURLToPath(new URL('../dist', import.meta.url)) } = {}) {
  const startedMs = Date.now() - startedSecondsAgo * 1000;
  const second = () => (Date.now() - startedMs) / 1000;
  const [wide, tall, pictures, clip] = feeds ?? defaultFeeds();
  const stream = (id, name, state, feed, extra = {}) => ({ id, name, state, reason: '', since_ms: Date.now() - 12_000, codec: feed?.codec ?? '',
    width: feed?.width ?? 0, height: feed?.height ?? 0, epoch: 1, ...extra });
  const cameras = empty ? [] : [
    { info: stream(0, 'front', 'live', wide), feed: wide, phase: 0 },
    { info: stream(1, 'yard', 'live', wide), feed: wide, phase: 40 },
    { info: stream(2, 'gate', 'live', tall), feed: tall, phase: 10 },
    // A codec that no browser decodes.
    { info: stream(3, 'attic', 'live', { codec: '', width: 640, height: 360 }), pictures, phase: 0 },
    { info: stream(4, 'old', 'connecting', null, { reason: 'connection refused by 192.168.1.40:554; next try in 3 s' }) },
  ];
  const story = makeStory({ cameras: cameras.map((one) => one.info), pictures, clip, ...(bare ? { count: 0, recorded: false, file: null } : {}) });
  const clients = new Set();
  const log = { subscribed: [], unsubscribed: [], reports: 0 };

  const http = createServer((request, answer) => {
    const url = new URL(request.url ?? '/', 'http://mock');
    const path = url.pathname;
    answer.setHeader('content-security-policy', contentSecurityPolicy);
    answer.setHeader('x-content-type-options', 'nosniff');
    const json = (value) => {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify(value));
    };
    if (path === '/api/report') {
      log.reports += 1;
      return json(report(second(), cameras.map((one) => one.info), { leak, verdict, bare, drawn: story.drawn }));
    }
    if (path === '/api/memory') return json(memory(second(), leak));
    if (path === '/api/health') return json(health);
    if (story.handle(request, answer, url)) return undefined;
    const name = isView(path) ? '/index.html' : normalize(path);
    const file = join(dist, name);
    if (!file.startsWith(dist) || !existsSync(file) || !statSync(file).isFile()) {
      answer.statusCode = 404;
      return answer.end('not found\n');
    }
    answer.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    answer.end(readFileSync(file));
  });

  const sockets = new WebSocketServer({ server: http, path: '/ws', handleProtocols: (offered) => (offered.has('weir.1') ? 'weir.1' : false) });
  sockets.on('connection', (socket) => {
    const client = { socket, as: new Map(), started: new Set() };
    clients.add(client);
    socket.on('close', () => clients.delete(client));
    socket.on('message', (data) => {
      const { type, stream: name, as } = JSON.parse(String(data));
      const camera = cameras.find((one) => one.info.name === name);
      if (!camera || (type !== 'subscribe' && type !== 'unsubscribe')) return socket.close(1008);
      client.started.delete(camera);
      if (type === 'subscribe') {
        client.as.set(camera, as);
        log.subscribed.push(`${name} ${as}`);
      } else {
        client.as.delete(camera);
        log.unsubscribed.push(name);
      }
    });
    socket.send(JSON.stringify({ type: 'hello', protocol, weir: '0.1.0', flow: 'watch', streams: cameras.map((one) => one.info) }));
  });

  // Everyone who asked for the camera gets its frame; the first one of each is a key.
  function send(camera, frame) {
    const { info, feed, phase } = camera;
    const rate = feed?.rate ?? 5;
    const ptsUs = Math.round((frame * 1e6) / rate);
    const unit = feed?.units[(frame + phase) % feed.units.length];
    const boxes = frame % 3 === 0 ? JSON.stringify({ type: 'boxes', stream: info.id, epoch: info.epoch, frame, pts_us: ptsUs, boxes: boxesOf(info, frame) }) : null;
    for (const client of clients) {
      const as = client.as.get(camera);
      if (as === undefined) continue;
      if (as === 'picture' ? frame % Math.max(1, Math.round(rate / 5)) !== 0 : !client.started.has(camera) && !unit?.key) continue;
      const payload = as === 'picture' ? pictures[Math.floor((frame * 5) / rate) % pictures.length] : unit?.data;
      if (!payload) continue;
      client.started.add(camera);
      client.socket.send(message({ kind: as === 'picture' ? 2 : 1, key: as === 'picture' || unit.key, gap: false, stream: info.id, sequence: frame, ptsUs,
        captureUs: Date.now() * 1000, epoch: info.epoch, payload }));
      if (boxes !== null) client.socket.send(boxes);
    }
  }

  const timers = cameras.filter((one) => one.info.state === 'live').map((camera) => {
    const rate = camera.feed?.rate ?? 5;
    let frame = 0;
    return setInterval(() => {
      for (const due = Math.floor(((Date.now() - startedMs) * rate) / 1000) - Math.floor(startedSecondsAgo * rate); frame < due; frame += 1) send(camera, frame);
    }, 20);
  });

  if (lively) {
    timers.push(setInterval(() => {
      const going = story.events.find((one) => !one.over);
      if (going) story.finish(going.id);
      else story.add({ camera: ['front', 'yard', 'gate'][story.events.length % 3], over: false, lengthMs: 900 });
    }, 5000));
  }

  await new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${http.address().port}`,
    port: http.address().port,
    log,
    story,
    feeds: [wide, tall, pictures, clip],
    setState(name, change) {
      const camera = cameras.find((one) => one.info.name === name);
      Object.assign(camera.info, change, { since_ms: Date.now() });
      for (const client of clients) client.socket.send(JSON.stringify({ type: 'stream', ...camera.info }));
    },
    async stop() {
      timers.forEach(clearInterval);
      for (const client of clients) client.socket.terminate();
      sockets.close();
      http.closeAllConnections?.();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function defaultFeeds() {
  return [makeFeed({ size: '640x360' }), makeFeed({ size: '480x360', rate: 10 }), makePictures({ size: '640x360' }), makeClip()];
}

// One figure that walks to and fro, sometimes a second one, and movement.
function boxesOf(info, frame) {
  const walk = Math.abs(((frame * 6) % (2 * (info.width - 120))) - (info.width - 120));
  const boxes = [{ box: [walk, info.height * 0.35, 96, 128], class: 'person', confidence: 0.91, track: 7 + info.id },
    { box: [walk - 6, info.height * 0.33, 112, 140], class: 'motion', confidence: 1, track: null }];
  if (frame % 150 < 60) boxes.push({ box: [info.width * 0.1, info.height * 0.1 + (frame % 60), 72, 56], class: 'dog', confidence: 0.64, track: 12 });
  return boxes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const flag = (name) => process.argv.includes(`--${name}`);
  const mock = await startMock({ port: Number(option('port') ?? 0), leak: flag('leak'), empty: flag('empty'), bare: flag('bare'), lively: true, ...(option('dist') ? { dist: option('dist') } : {}) });
  console.log(mock.url);
}
