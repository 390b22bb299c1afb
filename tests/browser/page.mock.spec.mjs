// The page against a stand-in for the server: what a browser makes of docs/protocol.md, of reports, and of a server that dies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesOf, openPage, readTiles, until } from './browser.mjs';
import { hide, limit, mocked } from './mocked.mjs';

const all = mocked();
const { onPage } = all;

const tileOf = async (page, name) => (await readTiles(page)).find((tile) => tile.camera === name);

test('every live camera is decoded and drawn, and its picture changes', limit, () => onPage('/', async (page, faults) => {
  const first = await until('pictures', async () => {
    const live = (await readTiles(page)).filter((tile) => tile.state === 'live');
    return live.length === 4 && live.every((tile) => tile.frames > 2 && tile.colours > 4) && live;
  });
  for (const tile of first) {
    await until(`another picture of ${tile.camera}`, async () => (await tileOf(page, tile.camera)).hash !== tile.hash);
  }
  assert.deepEqual(faults, []);
}));

test('every decoded frame is closed', limit, () => onPage('/', async (page) => {
  await until('frames', async () => (await tileOf(page, 'front'))?.decoded > 60);
  const { given, closed } = await framesOf(page);
  assert.ok(given > 60 && given - closed <= 3, `${given} frames given out, ${closed} closed`);
  for (const tile of (await readTiles(page)).filter((one) => one.decoded > 0)) {
    // At most the one that waits for the screen is open.
    assert.ok(tile.decoded - tile.closed <= 1, `${tile.camera}: ${tile.decoded} decoded, ${tile.closed} closed`);
    assert.equal(tile.dropped, 0, tile.camera);
  }
}));

test('a codec that no browser decodes is shown as a JPEG preview, and labelled so', limit, () => onPage('/', async (page) => {
  await until('the preview', async () => {
    const tile = await tileOf(page, 'attic');
    return tile?.mode === 'picture' && tile.frames > 2;
  });
  assert.match(await page.textContent('[data-camera=attic]'), /JPEG preview/);
  assert.ok(all.mock.log.subscribed.includes('attic picture') && all.mock.log.subscribed.includes('front packets'));
}));

test('boxes follow what they were found on', limit, () => onPage('/', async (page) => {
  const seen = new Set();
  await until('moving boxes', async () => {
    const tile = await tileOf(page, 'front');
    if (tile?.boxes > 0) seen.add(tile.boxX);
    return seen.size > 3;
  });
}));

test('a camera that is away says so and why', limit, () => onPage('/', async (page) => {
  await page.waitForSelector('[data-camera=old]');
  assert.match(await page.textContent('[data-camera=old]'), /connection refused by .*connecting for/s);
}));

test('a change of state is shown, with the time since when', limit, () => onPage('/watch/yard', async (page) => {
  await until('a picture', async () => (await tileOf(page, 'yard'))?.frames > 2);
  all.mock.setState('yard', { state: 'stalled', reason: 'no frames for 10 s' });
  await page.waitForSelector('[data-camera=yard][data-state=stalled]');
  await until('the words', async () => /stalled since \d/.test(await page.textContent('.caption')));
  await until('the change', async () => /stalled.*no frames for 10 s/s.test(await page.textContent('.events')));
  all.mock.setState('yard', { state: 'live', reason: '' });
  await page.waitForSelector('[data-camera=yard][data-state=live]');
}));

test('a new epoch goes on with a new decoder', limit, () => onPage('/watch/gate', async (page, faults) => {
  await until('a picture', async () => (await tileOf(page, 'gate'))?.frames > 5);
  all.mock.setState('gate', { epoch: 2 });
  const { frames } = await tileOf(page, 'gate');
  const { decoders } = await framesOf(page);
  await until('frames of the new epoch', async () => (await tileOf(page, 'gate')).frames > frames + 60);
  assert.equal((await framesOf(page)).decoders, decoders + 1);
  assert.deepEqual(faults, []);
}));

test('the address names the view, and back works', limit, () => onPage('/', async (page) => {
  await page.click('[data-camera=front]');
  await page.waitForSelector('.single [data-camera=front]');
  assert.equal(new URL(page.url()).pathname, '/watch/front');
  await page.click('.pill');
  assert.equal(new URL(page.url()).pathname, '/memory');
  await page.waitForSelector('.chart');
  await page.goBack();
  await page.waitForSelector('.single [data-camera=front]');
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('.single [data-camera=yard]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.wall [data-camera=front]');
  assert.equal(new URL(page.url()).pathname, '/');
}));

test('only what is on the screen is subscribed, and a hidden page subscribes to nothing and asks for nothing', limit, () => onPage('/', async (page) => {
  await until('a picture', async () => (await tileOf(page, 'front'))?.frames > 2);
  all.mock.log.unsubscribed.length = 0;
  await hide(page, 'hidden');
  await until('all unsubscribed', async () => ['front', 'yard', 'gate', 'attic'].every((name) => all.mock.log.unsubscribed.includes(name)));
  await page.waitForTimeout(500);
  const { reports } = all.mock.log;
  await page.waitForTimeout(3000);
  assert.equal(all.mock.log.reports, reports, 'no report is asked for');
  all.mock.log.subscribed.length = 0;
  await hide(page, 'visible');
  await until('subscribed again', async () => all.mock.log.subscribed.includes('front packets'));
}));

test('leaving the wall unsubscribes', limit, () => onPage('/', async (page) => {
  await until('a picture', async () => (await tileOf(page, 'front'))?.frames > 2);
  all.mock.log.unsubscribed.length = 0;
  await page.click('nav a[href="/health"]');
  await until('all unsubscribed', async () => all.mock.log.unsubscribed.includes('front') && all.mock.log.unsubscribed.includes('attic'));
}));

test('the memory chart advances, and pointing at it names an owner', limit, () => onPage('/memory', async (page, faults) => {
  const last = async () => Number(await page.getAttribute('.chart', 'data-last'));
  await page.waitForSelector('.chart .u-over');
  const before = await last();
  await until('a newer point', async () => (await last()) > before);
  const box = await page.locator('.chart .u-over').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.8);
  await until('the owner', async () => /program and libraries.*ago/s.test(await page.textContent('.readout')));
  assert.match(await page.textContent('.pill'), /level · .*unowned/);
  assert.match(await page.textContent('[data-hot-path="watch.motion"]'), /✓ 0/);
  assert.deepEqual(faults, []);
}));

test('settings are filtered by any word', limit, () => onPage('/health', async (page, faults) => {
  await page.waitForSelector('.settings tbody tr');
  const all = await page.locator('.settings tbody tr').count();
  await page.fill('input[type=search]', 'environment');
  await until('fewer rows', async () => (await page.locator('.settings tbody tr').count()) === 1);
  assert.ok(all > 1);
  assert.match(await page.textContent('.settings tbody'), /detect\.fps.*WEIR_DETECT__FPS/s);
  assert.deepEqual(faults, []);
}));

test('each camera’s way to a result is on the health view, with what was lost and what decoding is saved', limit, () => onPage('/health', async (page, faults) => {
  await page.waitForSelector('[data-health=front]');
  const front = await page.textContent('[data-health=front]');
  assert.match(front, /second stream up.*decode .*idle.*look 2 stale.*at most 400.ms.*only key frames while nothing moves: about 71.% of decoding saved.*recording.*12 clips/s);
  assert.match(await page.textContent('[data-health=gate]'), /everything, always.*no room.*less than 1 GB is free/s);
  assert.match(await page.textContent('[data-health=old]'), /connecting.*3 unreachable/s);
  assert.match(await page.textContent('main'), /detect\/onnx.*yolox_nano.*1.204 files, 9\.4.GB.*mqtt.*refused the connection/s);
  assert.deepEqual(faults, []);
}));

test('a tile says what is on its picture now', limit, () => onPage('/', async (page) => {
  await until('the badge', async () => /person/.test((await page.locator('[data-camera=front] .badge-now').allTextContents()).join()));
  await until('both', async () => (await page.getAttribute('[data-camera=front]', 'data-objects')) === 'person, dog');
}));

test('the colours follow the system until a person chooses', limit, () => onPage('/health', async (page) => {
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await until('dark', async () => (await theme()) === 'dark');
  await page.click('.theme');
  assert.equal(await theme(), 'light');
  await page.reload();
  assert.equal(await theme(), 'light');
}, { colorScheme: 'light' }));

test('no view is wider than a small phone', limit, () => onPage('/', async (page) => {
  for (const view of ['/', '/watch/front', '/events', `/events/${all.mock.story.events[0].id}`, '/memory', '/health']) {
    await page.goto(all.mock.url + view);
    await page.waitForSelector('main');
    await page.waitForTimeout(1500);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), view);
  }
  const middles = await page.$$eval('.topbar > *', (parts) => parts.map((part) => part.getBoundingClientRect()).map(({ top, bottom }) => Math.round((top + bottom) / 8)));
  assert.equal(new Set(middles).size, 2, 'name, views and colours in one row, the verdict in another');
}, { width: 360, height: 740 }));

test('a lost connection says since when, and comes back by itself', limit, async () => {
  let own = await all.another();
  const { page, context } = await openPage(all.browser, own.url);
  try {
    await until('a picture', async () => (await tileOf(page, 'front'))?.frames > 2);
    await own.stop();
    await page.waitForSelector('.notice');
    await until('since when', async () => /Connection to weir lost.*since \d\d:\d\d:\d\d/s.test(await page.textContent('.notice')));
    assert.match(await page.textContent('.pill'), /^◌was level/);
    const { frames } = await tileOf(page, 'front');
    own = await all.another({ port: own.port });
    await page.waitForSelector('.notice', { state: 'detached', timeout: 60_000 });
    await until('new pictures', async () => (await tileOf(page, 'front')).frames > frames + 5);
  } finally {
    await context.close();
    await own.stop();
  }
});

test('a growing owner is singled out in a sentence, and a hot path that allocates is red', limit, async () => {
  const own = await all.another({ leak: true });
  const { page, context } = await openPage(all.browser, `${own.url}/memory`);
  try {
    await until('the sentence', async () => /camera\/front is growing by 72\.0.MB an hour, for 12.min/.test(await page.textContent('h1')));
    await page.waitForSelector('.pill.tone-bad');
    await page.waitForSelector('tr.growing');
    assert.match(await page.textContent('[data-hot-path="watch.motion"] .bad'), /✗ 12/);
  } finally {
    await context.close();
    await own.stop();
  }
});

test('no cameras, and a server of another version, are said in words', limit, async () => {
  const own = await all.another({ empty: true });
  const other = await all.another({ protocol: 2 });
  const { page, context } = await openPage(all.browser, own.url);
  try {
    await until('the words', async () => /No cameras yet/.test(await page.textContent('main')));
    await page.goto(other.url);
    await until('the words', async () => /another version/.test((await page.locator('.notice').allTextContents()).join('')));
  } finally {
    await context.close();
    await own.stop();
    await other.stop();
  }
});
