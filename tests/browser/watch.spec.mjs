// The page of a real `weir watch`, whose address is in WEIR_URL: at least two live cameras, moving boxes, a chart that advances.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { framesOf, openPage, readTiles, startBrowser, until } from './browser.mjs';

const url = process.env.WEIR_URL;
const limit = { timeout: 180_000 };
let browser;

before(async () => {
  assert.ok(url, 'WEIR_URL names the address of a running weir watch');
  browser = await startBrowser();
}, limit);

after(async () => browser?.close());

const live = async (page) => (await readTiles(page)).filter((tile) => tile.state === 'live');

test('live cameras: pixels change, boxes move, the memory chart advances, and nothing goes wrong', limit, async () => {
  const { page, context, faults } = await openPage(browser, new URL('/', url).href);
  try {
    const first = await until('two live cameras with pictures', async () => {
      const tiles = await live(page);
      return tiles.length >= 2 && tiles.every((tile) => tile.frames > 2 && tile.colours > 2) && tiles;
    });
    for (const tile of first) {
      await until(`the pixels of ${tile.camera} to change`, async () => (await live(page)).some((one) => one.camera === tile.camera && one.hash !== tile.hash));
    }

    const places = new Map(first.map((tile) => [tile.camera, new Set()]));
    await until('boxes that move', async () => {
      for (const tile of await live(page)) if (tile.boxes > 0) places.get(tile.camera)?.add(tile.boxX);
      return [...places.values()].some((seen) => seen.size > 3);
    }, 90_000);

    // At most one frame of each camera waits for the screen; every other one has been closed.
    const { given, closed } = await framesOf(page);
    assert.ok(given > 0 && given - closed <= first.length, `${given} frames given out, ${closed} closed`);

    await page.click('.pill');
    assert.equal(new URL(page.url()).pathname, '/memory');
    await page.waitForSelector('.chart[data-last]');
    const last = async () => Number(await page.getAttribute('.chart', 'data-last'));
    await page.waitForSelector('.chart .u-over');
    const before = await last();
    await until('the chart to advance', async () => (await last()) > before);
    assert.ok((await page.locator('[data-hot-path]').count()) > 0, 'hot paths are listed');

    await page.click('nav a[href="/health"]');
    await page.waitForSelector('.settings tbody tr');
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
});
