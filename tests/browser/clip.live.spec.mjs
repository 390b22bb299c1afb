// An event of the built `weir watch`, from its row in the list to its clip: picture, playing, winding.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepPicture, openPage, startBrowser, until } from './browser.mjs';
import { run, withWatch } from './weir.mjs';

const [width, height] = [400, 240];

// A white square goes through a grey picture from the second to the fifth second, and for nine more nothing moves: the
// event is over by then.
function makePassage(path) {
  run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `color=c=gray:s=${width}x${height}:r=15:d=14`, '-f', 'lavfi', '-i', 'color=c=white:s=60x80:r=15:d=14',
    '-filter_complex', `[0][1]overlay=x='(${width}+60)*(t-2)/3-60':y=100:eval=frame:enable='between(t,2,5)',format=yuv420p`,
    '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '15', '-sc_threshold', '0', path]);
}

// The share of white in what the player shows at a moment of the clip.
const whiteAt = (page, seconds) => page.$eval('video.clip', async (video, to) => {
  video.pause();
  const wound = new Promise((resolve, reject) => {
    video.addEventListener('seeked', resolve, { once: true });
    setTimeout(() => reject(new Error(`winding to ${to} s did not end; ready ${video.readyState}`)), 60_000);
  });
  video.currentTime = to;
  await wound;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let white = 0;
  for (let i = 0; i < data.length; i += 4) white += data[i] > 220;
  return { share: white / (data.length / 4), at: video.currentTime };
}, seconds);

test('an event that is over shows its picture in the list, and its clip plays and winds', { timeout: 300_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-clip-'));
  const browser = await startBrowser();
  try {
    const source = join(dir, 'passage.mp4');
    makePassage(source);
    const settings = { 'server.listen': '127.0.0.1:0', 'record.dir': join(dir, 'rec'), 'record.min_free': '0MB', 'record.pre_s': 5, 'record.post_s': 1, 'source.loop': true };
    await withWatch([source, ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])], async (weir) => {
      const { page, faults } = await openPage(browser, new URL('/events', weir.url).href);
      const ranges = [];
      page.on('response', (answer) => {
        if (answer.url().endsWith('.mp4')) ranges.push([answer.status(), answer.headers()['content-range']]);
      });

      // The clip is written a little after the event is over.
      const event = await until('an event that is over, with its clip', async () => {
        const { events } = await weir.json('/api/events');
        const over = events.findLast((one) => one.over && one.clip && one.snapshot);
        return over && (await fetch(new URL(`/recordings/${over.clip}`, weir.url), { method: 'HEAD' })).ok && over;
      }, 120_000);
      const row = page.locator(`[data-event="${event.id}"]`);
      await row.waitFor();
      await until('its end in the list', async () => !/going on/.test(await row.textContent()));
      const picture = () => row.locator('img').evaluate((img) => [img.complete, img.naturalWidth, img.naturalHeight]);
      await until('its picture', async () => (await picture()).join() === [true, width, height].join());
      await keepPicture(page, 'events');

      await row.locator('a').click();
      assert.equal(new URL(page.url()).pathname, `/events/${event.id}`);
      const player = (look) => page.$eval('video.clip', look);
      await page.waitForSelector('video.clip');
      await until('enough to play', () => player((video) => video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA));
      const before = await player((video) => video.currentTime);
      await until('the clip to go on', async () => (await player((video) => video.currentTime)) > before + 0.3);
      assert.deepEqual(await player((video) => [video.videoWidth, video.videoHeight, video.error]), [width, height, null]);
      const length = await player((video) => video.duration);
      assert.ok(Number.isFinite(length) && length * 1000 >= event.end.pts_ms - event.start.pts_ms + 1000, `a clip of ${length} s`);
      await keepPicture(page, 'clip');

      // With what was before the event the clip begins where the source does: their seconds are the same.
      for (const [seconds, square] of [[3.5, true], [0.5, false], [length - 0.2, false], [3.5, true]]) {
        const { share, at } = await whiteAt(page, seconds);
        assert.ok(Math.abs(at - seconds) < 0.1, `wound to ${at} s instead of ${seconds} s`);
        assert.equal(share > 0.01, square, `${share} of the picture is white at ${seconds} s of ${length} s`);
      }

      // The player asks for ranges, and gets exactly what it asks for.
      assert.ok(ranges.some(([status, range]) => status === 206 && /^bytes \d+-\d+\/\d+$/.test(range ?? '')), `ranges of the clip: ${JSON.stringify(ranges)}`);
      const part = await page.evaluate(async (url) => {
        const whole = new Uint8Array(await (await fetch(url)).arrayBuffer());
        const answer = await fetch(url, { headers: { range: 'bytes=1000-1999' } });
        const bytes = new Uint8Array(await answer.arrayBuffer());
        return { status: answer.status, length: bytes.length, same: bytes.every((byte, i) => byte === whole[1000 + i]) };
      }, `/recordings/${event.clip}`);
      assert.deepEqual(part, { status: 206, length: 1000, same: true });
      assert.deepEqual(faults, []);
    });
  } finally {
    await browser.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
