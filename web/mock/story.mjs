// Made-up events with their recordings, and what is drawn on the pictures: the part of the mock behind /api/events,
// /recordings and /api/cameras.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const classes = ['person', 'bicycle', 'car', 'dog', 'truck'];
const zonesOf = { person: ['door'], car: ['gate', 'street'] };

export function makeClip(seconds = 3) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-clip-'));
  try {
    const file = join(folder, 'clip.mp4');
    const made = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=15', '-t', String(seconds), '-pix_fmt', 'yuv420p',
      '-c:v', 'libx264', '-preset', 'veryfast', '-g', '15', '-movflags', '+faststart', file]);
    if (made.status !== 0) throw new Error(`ffmpeg: ${made.error?.message ?? made.stderr}`);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function drawnOf(name) {
  const drawn = {
    zones: [{ name: 'door', points: [[0.05, 0.3], [0.3, 0.25], [0.34, 0.9], [0.04, 0.95]], classes: ['person'], dwell_s: 10 }],
    lines: [{ name: 'gate', points: [[0.55, 0.95], [0.55, 0.35]], classes: [] }],
    masks: [{ name: 'tree', points: [[0.75, 0], [1, 0], [1, 0.35], [0.85, 0.4]] }],
  };
  return name === 'front' ? drawn : { zones: [], lines: [], masks: [] };
}

// `recorded`: whether there are snapshots and clips. `file`: the settings file, or null.
export function makeStory({ cameras, pictures, clip, count = 130, recorded = true, file = 'cameras.toml' }) {
  const events = [];  // newest first
  const drawn = new Map(cameras.map(({ name }) => [name, drawnOf(name)]));
  const gone = new Set();  // recordings that retention has removed
  const log = { events: 0, saved: [], recordings: [] };
  let number = 0;

  function add({ camera, class: className, track = number, lengthMs = 4000, agoMs = 0, over = true, zones, box = [240, 120, 96, 128] } = {}) {
    number += 1;
    const of = cameras[number % Math.max(1, cameras.length)];
    const name = camera ?? of?.name;
    const kind = className ?? classes[number % classes.length];
    const endMs = Date.now() - agoMs;
    const startMs = Math.round(endMs - lengthMs);
    const id = `${name}-${startMs}-${number}`;
    const at = (ms) => ({ frame: Math.round((number * 100) + (ms - startMs) * 0.015), pts_ms: number * 10_000 + ms - startMs, time_ms: ms });
    const event = { id, camera: name, class: kind, track, confidence: 0.52 + (number % 45) / 100, box, start: at(startMs), end: at(endMs), over,
      zones: zones ?? zonesOf[kind] ?? [], ...(recorded ? { snapshot: `${name}/snapshots/${id}.jpg`, clip: `${name}/clips/${id}.mp4` } : {}) };
    events.unshift(event);
    return event;
  }

  if (cameras.length > 0) {
    for (let i = count; i > 0; i -= 1) {
      const x = (i * 137) % 500;
      add({ agoMs: i * i * 9000, lengthMs: 1000 + ((i * 733) % 40_000), box: [x, 80 + ((i * 53) % 120), 60 + (i % 3) * 30, 110] });
    }
  }

  function finish(id) {
    const event = events.find((one) => one.id === id);
    event.over = true;
    event.end = { frame: event.end.frame + 15, pts_ms: event.end.pts_ms + 1000, time_ms: Date.now() };
  }

  const refuse = (answer, status, error) => {
    answer.statusCode = status;
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify({ error }));
  };
  const json = (answer, value) => {
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify(value));
  };

  // The total is of all events, whatever the filter.
  function list(answer, query) {
    log.events += 1;
    const [camera, className, before] = ['camera', 'class', 'before'].map((key) => query.get(key) ?? '');
    const found = events.filter((one) => (camera === '' || one.camera === camera) && (className === '' || one.class === className));
    const from = before === '' ? 0 : found.findIndex((one) => one.id === before) + 1;
    json(answer, { events: found.slice(from, from + Math.min(200, Number(query.get('limit') ?? 50))), total: events.length });
  }

  function recording(request, answer, path) {
    log.recordings.push(`${request.method} ${path}`);
    const event = events.find((one) => one.snapshot === path || one.clip === path);
    if (!event || gone.has(path) || (path === event.clip && !event.over)) return refuse(answer, 404, 'no such recording: not yet, or no longer');
    const isClip = path === event.clip;
    const body = isClip ? clip : pictures[Math.abs(event.start.frame) % pictures.length];
    answer.setHeader('content-type', isClip ? 'video/mp4' : 'image/jpeg');
    answer.setHeader('accept-ranges', 'bytes');
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const [from, to] = range ? [Number(range[1]), Math.min(body.length - 1, range[2] === '' ? body.length - 1 : Number(range[2]))] : [0, body.length - 1];
    if (range) {
      answer.statusCode = 206;
      answer.setHeader('content-range', `bytes ${from}-${to}/${body.length}`);
    }
    answer.setHeader('content-length', to - from + 1);
    answer.end(request.method === 'HEAD' ? undefined : body.subarray(from, to + 1));
  }

  function save(request, answer, name) {
    let text = '';
    request.on('data', (part) => { text += part; });
    request.on('end', () => {
      if (request.headers['content-type'] !== 'application/json') return refuse(answer, 415, 'a change is sent as application/json');
      const body = JSON.parse(text);
      log.saved.push({ camera: name, body });
      // A name that only the server objects to, for the page's tests.
      const wrong = body.zones.find((zone) => zone.name === 'refused');
      if (wrong) return refuse(answer, 400, 'zones.refused.points: the edges of an area do not cross or touch: 1-2 and 3-4');
      drawn.set(name, body);
      json(answer, file === null ? { saved: false, reason: 'started without a settings file', toml: tomlOf(name, body) } : { saved: true, file });
    });
  }

  // True when the path was one of these.
  function handle(request, answer, url) {
    const path = decodeURIComponent(url.pathname);
    if (path === '/api/events') list(answer, url.searchParams);
    else if (path.startsWith('/api/events/')) {
      const event = events.find((one) => one.id === path.slice('/api/events/'.length));
      if (event) json(answer, event);
      else refuse(answer, 404, 'no such event');
    } else if (path.startsWith('/recordings/')) recording(request, answer, path.slice('/recordings/'.length));
    else {
      const name = /^\/api\/cameras\/(.+)\/drawn$/.exec(path)?.[1];
      if (name === undefined) return false;
      if (!drawn.has(name)) refuse(answer, 404, 'no such camera');
      else if (request.method === 'PUT') save(request, answer, name);
      else json(answer, { ...drawn.get(name), classes, file, toml: tomlOf(name, drawn.get(name)) });
    }
    return true;
  }

  return { handle, add, finish, events, gone, log, drawn: (name) => drawn.get(name) };
}

function tomlOf(camera, drawn) {
  const values = ({ points, classes: only = [], dwell_s: dwell = 0 }) => [`points = ${JSON.stringify(points)}`,
    ...(only.length > 0 ? [`classes = ${JSON.stringify(only)}`] : []), ...(dwell > 0 ? [`dwell_s = ${dwell}`] : [])].join('\n');
  return ['zones', 'lines', 'masks'].flatMap((kind) => drawn[kind].map((one) => `[cameras.${camera}.${kind}.${one.name}]\n${values(one)}\n`)).join('\n');
}
