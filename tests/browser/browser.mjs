// Starts Debian's Chromium for the browser tests, and keeps a note of everything that a page must not do.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

// The packages are the page's own.
const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium'].find((path) => path && existsSync(path));

export async function startBrowser() {
  if (!executablePath) throw new Error('no browser: install the Debian package chromium, or set CHROMIUM to its path');
  // Chromium has no sandbox for root; everywhere else it stays on.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, headless: true, args: [...sandbox, '--autoplay-policy=no-user-gesture-required', '--disable-dev-shm-usage'] });
}

// Runs in the page before its own code: counts decoders, the frames they give out, and those that are really closed.
function countFrames() {
  const seen = { decoders: 0, given: 0, closed: 0 };
  window.seenFrames = seen;
  if (typeof VideoDecoder !== 'function') return;
  const { close } = VideoFrame.prototype;
  VideoFrame.prototype.close = function () {
    if (this.format !== null) seen.closed += 1;  // null: closed before
    return close.call(this);
  };
  window.VideoDecoder = class extends VideoDecoder {
    constructor(init) {
      seen.decoders += 1;
      super({ ...init, output: (frame) => {
        seen.given += 1;
        init.output(frame);
      } });
    }
  };
}

export const framesOf = (page) => page.evaluate(() => ({ ...window.seenFrames }));

// A page that remembers its console errors, its exceptions, and requests to any host but the one of `url`.
export async function openPage(browser, url, { width = 1280, height = 800, colorScheme = 'dark', deviceScaleFactor = 1 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor });
  await context.addInitScript(countFrames);
  const page = await context.newPage();
  const home = new URL(url).host;
  const faults = [];
  page.on('console', (line) => {
    if (line.type() === 'error') faults.push(`console: ${line.text()}`);
  });
  page.on('pageerror', (cause) => faults.push(`exception: ${cause.message}`));
  const foreign = (address) => {
    const { host, protocol } = new URL(address);
    if (protocol !== 'blob:' && protocol !== 'data:' && host !== home) faults.push(`request to another host: ${address}`);
  };
  page.on('request', (request) => foreign(request.url()));
  page.on('websocket', (socket) => foreign(socket.url()));
  await page.goto(url);
  return { page, context, faults };
}

// For a person who wants to see what a test saw: into the folder WEIR_TEST_SHOTS, if there is one.
export async function keepPicture(page, name) {
  const dir = process.env.WEIR_TEST_SHOTS;
  if (dir) await page.screenshot({ path: `${dir}/${name}.png` });
}

// Waits until `look` gives something true, and gives that back; the limit is a watchdog, not a measure.
export async function until(what, look, limitMs = 60_000) {
  const end = Date.now() + limitMs;
  let last;
  for (;;) {
    last = await look();
    if (last) return last;
    if (Date.now() > end) throw new Error(`waited ${limitMs / 1000} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// What each tile says of itself, and a coarse fingerprint of the pixels that it shows.
export function readTiles(page) {
  return page.evaluate(() => [...document.querySelectorAll('[data-camera]')].map((tile) => {
    const canvas = tile.querySelector('canvas.picture');
    const small = document.createElement('canvas');
    small.width = 64;
    small.height = 36;
    const pen = small.getContext('2d', { willReadFrequently: true });
    pen.drawImage(canvas, 0, 0, 64, 36);
    const { data } = pen.getImageData(0, 0, 64, 36);
    let hash = 0;
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) {
      const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      colours.add(colour);
      hash = (Math.imul(hash, 31) + colour) | 0;
    }
    const { camera, state, mode, frames, decoded, closed, dropped, skipped, boxes, boxX } = tile.dataset;
    return { camera, state, mode, frames: +frames, decoded: +decoded, closed: +closed, dropped: +dropped, skipped: +skipped,
             boxes: +boxes, boxX: +boxX, hash, colours: colours.size };
  }));
}
