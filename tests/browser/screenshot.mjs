// Takes a picture of a running page: node tests/browser/screenshot.mjs URL OUT.png [WIDTH] [HEIGHT] [dark|light]
import { openPage, readTiles, startBrowser, until } from './browser.mjs';

const [url, out, width = '1440', height = '900', colorScheme = 'dark'] = process.argv.slice(2);
if (!url || !out) {
  console.error('usage: node tests/browser/screenshot.mjs URL OUT.png [WIDTH] [HEIGHT] [dark|light]');
  process.exit(2);
}
const browser = await startBrowser();
try {
  const { page } = await openPage(browser, url, { width: Number(width), height: Number(height), colorScheme });
  await page.waitForSelector('main');
  const path = new URL(url).pathname;
  if (path === '/' || path.startsWith('/watch')) {
    await until('pictures of all live cameras', async () => {
      const live = (await readTiles(page)).filter((tile) => tile.state === 'live');
      return live.length > 0 && live.every((tile) => tile.frames > 20 || (tile.mode === 'picture' && tile.frames > 5));
    }).catch(() => console.error('screenshot: not every live camera shows a picture'));
    await until('boxes', async () => (await readTiles(page)).some((tile) => tile.boxes > 0), 10_000).catch(() => {});
  } else {
    await page.waitForTimeout(2500);
  }
  await page.screenshot({ path: out });
} finally {
  await browser.close();
}
