// Made-up but well-formed answers of /api/report, /api/memory and /api/health.
const mb = 1e6;
const base = { 'camera/front': 21 * mb, 'camera/yard': 20 * mb, 'camera/gate': 13 * mb, 'camera/old': 4 * mb, server: 9 * mb, ledger: 2 * mb, watch: 6 * mb,
  file_backed: 74 * mb, stack: 3 * mb, allocator: 4 * mb, unaccounted: 3 * mb };
export const owners = Object.keys(base);

// Filled in the first minute, then level with a little life; `front` leaks when asked to.
function bytesAt(owner, second, leak) {
  const fill = Math.min(1, 0.4 + second / 100);
  const wave = 1 + 0.01 * Math.sin(second / 7 + owner.length);
  return Math.round(base[owner] * (owner === 'file_backed' ? 1 : fill * wave) + (leak && owner === 'camera/front' ? second * 20_000 : 0));
}

function series(from, to, step, leak) {
  const seconds = [];
  for (let s = Math.max(0, from); s <= to; s += step) seconds.push(s);
  return { seconds, bytes: owners.map((owner) => seconds.map((s) => bytesAt(owner, s, leak))) };
}

export function memory(second, leak) {
  const now = Math.floor(second);
  return { owners, recent: series(now - 599, now, 1, leak), all: series(0, now, Math.max(1, Math.ceil(now / 600)), leak) };
}

const latency = (p50) => ({ p50, p95: p50 * 2, p99: p50 * 3, max: p50 * 9 });

const engines = ['onnx', 'onnx', 'motion', 'people', 'motion'];
const idles = ['keyframes', 'reference', 'full', 'full', 'full'];

function cameraOf(one, i, { frames, now, bare, drawn }) {
  const live = one.state === 'live';
  const idle = idles[i % idles.length];
  const saved = idle === 'full' ? 0 : now * 0.034;
  return { id: one.name, state: live ? 'up' : one.state, reason: one.reason, received: frames, decoded: Math.round(frames * (saved > 0 ? 0.4 : 1)), detected: Math.round(frames / 3),
    dropped: { busy: 0, stale: 2, full: 0, idle: saved > 0 ? Math.round(frames * 0.6) : 0, keyframe: 0, closed: 0 },
    dropped_by_stage: { decode: { busy: 0, idle: saved > 0 ? Math.round(frames * 0.6) : 0 }, look: { stale: 2, busy: 0 } },
    restarts: live ? 0 : 3, restart_causes: live ? {} : { unreachable: 3 }, fps: 15, frame_age_ms: latency(14), result_age_bound_ms: i < 2 ? 400 : 0,
    engine: engines[i % engines.length], looked: Math.round(frames / 3), tracks: live ? (i % 3) + 1 : 0, snapshots: bare ? 0 : 44 + i,
    zones: drawn.zones.map(({ name }) => ({ name, inside: 1, entered: 31, left: 30 })), lines: drawn.lines.map(({ name }) => ({ name, forward: 12, backward: 9 })),
    decode: { idle, left_out: Math.round(frames * 0.6), cpu_s: now * 0.014, saved_s: saved },
    recording: bare ? null : { state: i === 2 ? 'no room' : live ? 'recording' : 'idle', segments: 40, clips: 12 + i, bytes: 8.1e8 + i, last_error: i === 2 ? 'less than 1 GB is free' : '' },
    second: i === 0 ? { state: 'up', reason: '' } : null };
}

export function report(second, cameras, { leak, verdict, flow = 'watch', bare = false, drawn = () => ({ zones: [], lines: [] }) }) {
  const now = Math.floor(second);
  const accounts = {};
  for (const owner of owners.filter((one) => !['file_backed', 'stack', 'allocator', 'unaccounted'].includes(one))) {
    const resident = bytesAt(owner, now, leak);
    accounts[owner] = { resident_bytes: resident, live_bytes: Math.round(resident * 0.93), idle_bytes: Math.round(resident * 0.05) };
  }
  const total = owners.reduce((sum, owner) => sum + bytesAt(owner, now, leak), 0);
  const frames = Math.round(second * 15);
  return {
    weir: '0.1.0', flow, seconds: second, pid: 4711,
    cameras: cameras.map((one, i) => cameraOf(one, i, { frames, now, bare, drawn: drawn(one.name) })),
    detectors: [{ id: 'detect/onnx', name: 'yolox_nano', layout: 'yolox', shapes: '1x3x416x416 → 1x3549x85', cameras: 2, frames, failures: 0,
      service_ms: { p50: 31, max: 88 } }],
    recordings: bare ? null : { files: 1204, bytes: 9.4e9, deleted_files: 88, refused: 0, last_error: '' },
    senders: [{ id: 'mqtt', offered: 411, sent: 409, waiting: 2, dropped: { full: 0 }, failures: 3, last_error: 'mqtt.local:1883 refused the connection' },
      { id: 'webhook', offered: 411, sent: 411, waiting: 0, dropped: {}, failures: 0, last_error: '' }],
    channels: cameras.flatMap((one) => [
      { id: `${one.name}.packets`, capacity: 8, overflow: 'wait', offered: frames, taken: frames, dropped: { full: 0 } },
      { id: `${one.name}.frames`, capacity: 1, overflow: 'latest', offered: frames, taken: frames - 2, dropped: { stale: 2, busy: 0 } }]),
    pools: cameras.filter((one) => one.width > 0).map((one) => ({ id: `${one.name}.frames`, slot_bytes: Math.round(one.width * one.height * 1.5), capacity: 9,
      acquired: frames, released: frames - 4, outstanding: 4, peak: 7,
      roles: { decoder: { held: 3, peak: 6, oldest_ms: 210 }, engine: { held: 1, peak: 1, oldest_ms: 12 }, client: { held: 0, peak: 1, oldest_ms: 0 } } })),
    exclusive: [{ id: 'detect', entries: 5123, skips: 0, max_inside: 1, wait_ms: latency(0.4) }],
    hot_paths: [
      { id: 'watch.receive', passes: frames * 3, allocations: 0, frees: 0, bytes: 0, preempted: 3, duration_us: latency(3.2), library: false },
      { id: 'watch.scale', passes: frames * 3, allocations: 0, frees: 0, bytes: 0, preempted: 11, duration_us: latency(180), library: false },
      { id: 'watch.motion', passes: frames, allocations: leak ? 12 : 0, frees: 0, bytes: leak ? 12288 : 0, preempted: 4, duration_us: latency(420), library: false },
      { id: 'watch.publish', passes: frames * 3, allocations: 0, frees: 0, bytes: 0, preempted: 1, duration_us: latency(5), library: false },
      { id: 'ffmpeg.get_buffer', passes: frames * 3, allocations: frames * 3, frees: 0, bytes: frames * 288, preempted: 2, duration_us: latency(1.1), library: true }],
    memory: { total_bytes: total, accounts, file_backed_bytes: bytesAt('file_backed', now), stack_bytes: bytesAt('stack', now),
      allocator_bytes: bytesAt('allocator', now), unaccounted_bytes: bytesAt('unaccounted', now), unaccounted_share: bytesAt('unaccounted', now) / (total - base.file_backed),
      verdict: leak ? 'growing' : verdict, growing: leak ? [{ owner: 'camera/front', bytes_per_hour: 72e6, since_s: Math.max(0, second - 720) }] : [] },
    workers: [
      { id: 'front/connect', pid: 4712, restarts: 0, causes: {}, last_end: '', sandbox: 'no files, network outbound only, no new processes', revoked_leases: 0, memory_bytes: 14_200_000 },
      { id: 'front/decode', pid: 4713, restarts: 1, causes: { crash: 1 }, last_end: 'ended by SIGSEGV', sandbox: 'no files, no network, no new processes', revoked_leases: 9, memory_bytes: 21_900_000 }],
  };
}

export const health = {
  machine: { cpus: 2, memory_bytes: 8_218_000_000, kernel: 'Linux 6.1.0-28-amd64' },
  capabilities: [
    { name: 'memory by owner', in_force: true, detail: 'the program runs on jemalloc, one arena for each owner' },
    { name: 'every mapping in the ledger', in_force: true, detail: '/proc/self/smaps is readable' },
    { name: 'lost CPU time on hot paths', in_force: true, detail: 'restartable sequences are registered' },
    { name: 'traps on hot paths', in_force: false, detail: 'only in test builds; allocations are counted in every build' }],
  restarts: [
    { id: 'front', state: 'up', restarts: 0, causes: {}, reason: '' },
    { id: 'yard', state: 'up', restarts: 1, causes: { stalled: 1 }, reason: '' },
    { id: 'old', state: 'connecting', restarts: 3, causes: { unreachable: 3 }, reason: 'connection refused by 192.168.1.40:554; next try in 3 s' }],
  pipelines: [
    { id: 'front', mode: 'decoupled', from: 'weir.toml:4' },
    { id: 'yard', mode: 'unified', from: 'default' }],
  workers: [
    { id: 'front/connect', pid: 4712, sandbox: 'no files, network outbound only, no new processes', last_end: '' },
    { id: 'front/decode', pid: 4713, sandbox: 'no files, no network, no new processes', last_end: 'ended by SIGSEGV' }],
  settings: [
    { key: 'cameras.front.url', value: 'rtsp://***@192.168.1.20/stream1', origin: 'file weir.toml' },
    { key: 'cameras.front.transport', value: 'tcp', origin: 'default' },
    { key: 'detect.engine', value: 'motion', origin: 'default' },
    { key: 'detect.fps', value: 5, origin: 'environment WEIR_DETECT__FPS' },
    { key: 'motion.model', value: 'average', origin: 'default' },
    { key: 'motion.threshold', value: 18, origin: 'flag --set' },
    { key: 'memory.camera_max', value: '256 MB', origin: 'default' },
    { key: 'server.listen', value: '127.0.0.1:8080', origin: 'default' },
    { key: 'supervisor.max_restarts', value: 5, origin: 'default' }],
};
