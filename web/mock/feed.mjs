// Generated video for the mock server: testsrc2 through ffmpeg, cut into Annex B access units at the access unit delimiters.
import { spawnSync } from 'node:child_process';

export function makeFeed({ size = '640x360', rate = 15, seconds = 8, source = 'testsrc2' }) {
  const made = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `${source}=s=${size}:r=${rate}`, '-t', String(seconds),
    '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-level', '3.1', '-bf', '0', '-g', String(rate * 2),
    '-x264-params', 'aud=1:repeat-headers=1:scenecut=0', '-f', 'h264', '-'], { maxBuffer: 256 << 20 });
  if (made.status !== 0) throw new Error(`ffmpeg: ${made.error?.message ?? made.stderr}`);
  const [width, height] = size.split('x').map(Number);
  return { width, height, rate, codec: 'avc1.64001f', units: splitUnits(made.stdout) };
}

function splitUnits(stream) {
  const starts = [];
  for (let i = 0; i + 4 < stream.length; i += 1) {
    const aud = stream[i] === 0 && stream[i + 1] === 0 && stream[i + 2] === 0 && stream[i + 3] === 1 && (stream[i + 4] & 31) === 9;
    if (aud) starts.push(i);
  }
  return starts.map((start, n) => {
    const data = stream.subarray(start, starts[n + 1] ?? stream.length);
    return { data, key: hasIdr(data) };
  });
}

function hasIdr(unit) {
  for (let i = 0; i + 3 < unit.length; i += 1) {
    if (unit[i] === 0 && unit[i + 1] === 0 && unit[i + 2] === 1 && (unit[i + 3] & 31) === 5) return true;
  }
  return false;
}

export function makePictures({ size = '640x360', count = 10 }) {
  const made = spawnSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `testsrc=s=${size}:r=5`, '-frames:v', String(count),
    '-c:v', 'mjpeg', '-q:v', '6', '-f', 'image2pipe', '-'], { maxBuffer: 64 << 20 });
  if (made.status !== 0) throw new Error(`ffmpeg: ${made.error?.message ?? made.stderr}`);
  const starts = [];
  for (let i = 0; i + 2 < made.stdout.length; i += 1) {
    if (made.stdout[i] === 0xff && made.stdout[i + 1] === 0xd8 && made.stdout[i + 2] === 0xff) starts.push(i);
  }
  return starts.map((start, n) => made.stdout.subarray(start, starts[n + 1] ?? made.stdout.length));
}
