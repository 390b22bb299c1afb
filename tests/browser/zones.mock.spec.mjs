// The zone editor, against a stand-in for the server: drawing with mouse, finger and keys, and what is saved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './browser.mjs';
import { limit, mocked } from './mocked.mjs';
import { at, clickAt, openEditor, pictureOf } from './zones.mjs';

const all = mocked();
const { onPage } = all;

async function drag(page, from, to) {
  const picture = await pictureOf(page);
  await page.mouse.move(...at(picture, from));
  await page.mouse.down();
  await page.mouse.move(...at(picture, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]));
  await page.mouse.move(...at(picture, to));
  await page.mouse.up();
}

const near = (points, wanted, what) => {
  assert.equal(points.length, wanted.length, what);
  points.forEach(([x, y], i) => assert.ok(Math.abs(x - wanted[i][0]) < 0.006 && Math.abs(y - wanted[i][1]) < 0.006, `${what}: ${JSON.stringify(points)}`));
};

async function save(page, server = all.mock) {
  const before = server.story.log.saved.length;
  await page.click('.zone-actions >> text=Save');
  await until('the PUT', async () => server.story.log.saved.length > before);
  return server.story.log.saved.at(-1);
}

test('a zone is drawn, named and saved; what was drawn before is sent along unchanged', limit, () => onPage('/watch/front', async (page, faults) => {
  const before = all.mock.story.drawn('front');
  await openEditor(page);
  await page.click('.zone-tools >> text=Zone');
  const corners = [[0.4, 0.2], [0.7, 0.2], [0.7, 0.6], [0.4, 0.6]];
  await clickAt(page, ...corners, corners[0]);
  await page.fill('input[name=name]', 'lawn');
  await page.click('.chip >> text=dog');
  await page.fill('input[name=dwell]', '30');
  const { camera, body } = await save(page);
  assert.equal(camera, 'front');
  assert.deepEqual(body.zones.slice(0, -1), before.zones);
  assert.deepEqual([body.lines, body.masks], [before.lines, before.masks]);
  const made = body.zones.at(-1);
  assert.deepEqual([made.name, made.classes, made.dwell_s], ['lawn', ['dog'], 30]);
  near(made.points, corners, 'the corners');
  await until('the words', async () => /In force, and written to cameras\.toml/.test(await page.textContent('.zone-said')));
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.zone-panel', { state: 'detached' });
  await until('the zone over the picture', async () => /lawn/.test(await page.textContent('.zones')));
  await page.click('text=Zones shown');
  assert.equal(await page.locator('.zones').count(), 0);
  assert.deepEqual(faults, []);
}));

test('corners are dragged, put in and deleted, shapes are moved, and all of it is undone and done again', limit, () => onPage('/watch/yard', async (page) => {
  await openEditor(page);
  await page.click('.zone-tools >> text=Mask');
  const corners = [[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6]];
  await clickAt(page, ...corners);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.handles');
  await drag(page, [0.6, 0.6], [0.7, 0.7]);         // a corner
  await drag(page, [0.3, 0.45], [0.2, 0.45]);       // an edge: a corner is put in
  await drag(page, [0.45, 0.45], [0.5, 0.5]);       // all of it
  const moved = [[0.35, 0.35], [0.65, 0.35], [0.75, 0.75], [0.35, 0.65], [0.25, 0.5]];
  near((await save(page)).body.masks[0].points, moved, 'after dragging');
  await clickAt(page, [0.25, 0.5]);
  await page.keyboard.press('Delete');
  near((await save(page)).body.masks[0].points, moved.slice(0, 4), 'a corner deleted');
  for (let i = 0; i < 4; i += 1) await page.keyboard.press('Control+z');
  near((await save(page)).body.masks[0].points, corners, 'undone');
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Control+Shift+z');
  near((await save(page)).body.masks[0].points, moved, 'done again');
  await clickAt(page, [0.5, 0.5]);
  await page.keyboard.press('Delete');
  assert.deepEqual((await save(page)).body.masks, []);
}));

test('a line is drawn from end to end in one go, its arrow shows forward, and it can be turned around', limit, () => onPage('/watch/gate', async (page) => {
  await openEditor(page);
  await page.click('.zone-tools >> text=Line');
  await drag(page, [0.5, 0.8], [0.5, 0.2]);
  // Upwards on the picture: forward is to its right.
  const arrow = () => page.$eval('.zones .arrow', (line) => line.x2.baseVal.value - line.x1.baseVal.value);
  await page.waitForSelector('.zones .arrow', { state: 'attached' });
  assert.ok((await arrow()) > 0);
  const { lines } = (await save(page)).body;
  near(lines[0].points, [[0.5, 0.8], [0.5, 0.2]], 'the ends');
  await page.click('text=Turn around');
  assert.ok((await arrow()) < 0);
  near((await save(page)).body.lines[0].points, [[0.5, 0.2], [0.5, 0.8]], 'turned around');
}));

test('with keys alone a zone is made, its corner moved by hundredths, and saved', limit, () => onPage('/watch/attic', async (page) => {
  await openEditor(page);
  await page.focus('.zone-tools >> text=Zone');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.handles');
  for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowUp']) await page.keyboard.press(key);
  await page.focus('.handles .corner >> nth=2');
  await page.keyboard.press('ArrowDown');
  near((await save(page)).body.zones[0].points, [[0.37, 0.3], [0.65, 0.35], [0.65, 0.66], [0.35, 0.65]], 'the corners');
}));

test('a finger draws and drags too', limit, async () => {
  const context = await all.browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  try {
    const page = await context.newPage();
    await page.goto(`${all.mock.url}/watch/old`);
    await page.click('text=Edit zones');
    await page.tap('.zone-tools >> text=Zone');
    const picture = await pictureOf(page);
    const corners = [[0.2, 0.2], [0.8, 0.2], [0.5, 0.8]];
    for (const point of [...corners, corners[0]]) await page.touchscreen.tap(...at(picture, point));
    await page.waitForSelector('.handles');
    near((await save(page)).body.zones[0].points, corners, 'the corners');
  } finally {
    await context.close();
  }
});

test('places are shares of the picture, whatever is left at its sides', limit, () => onPage('/watch/front', async (page) => {
  await page.waitForSelector('.zones');
  await page.$eval('.single-stage', (stage) => { stage.style.aspectRatio = '3'; });
  await openEditor(page);
  await page.waitForTimeout(500);
  const stage = await page.locator('.single-stage').boundingBox();
  const picture = await pictureOf(page);
  assert.ok(picture.x > stage.x + 50, 'the picture has room at its sides');
  await page.click('.zone-tools >> text=Zone');
  const corners = [[0.45, 0.1], [0.6, 0.1], [0.6, 0.2]];
  await clickAt(page, ...corners);
  await page.keyboard.press('Enter');
  near((await save(page)).body.zones.at(-1).points, corners, 'the corners');
  // Boxes are where the picture is, too: nothing is painted beside it.
  const beside = await page.$eval('canvas.overlay', (canvas, share) => {
    const data = canvas.getContext('2d').getImageData(0, 0, Math.max(1, Math.floor(canvas.width * share) - 4), canvas.height).data;
    return data.some((value) => value !== 0);
  }, (picture.x - stage.x) / stage.width);
  assert.equal(beside, false);
}));

test('edges that cross are said in words and not saved', limit, () => onPage('/watch/front', async (page) => {
  await openEditor(page);
  const { length } = all.mock.story.log.saved;
  await page.click('.zone-tools >> text=Zone');
  await clickAt(page, [0.4, 0.2], [0.7, 0.7], [0.7, 0.2], [0.4, 0.7]);
  await page.keyboard.press('Enter');
  await until('the words', async () => /edges cross or touch: 1–2 and 3–4/.test(await page.textContent('.zone-form')));
  await page.waitForSelector('.zones .wrong');
  await page.click('.zone-actions >> text=Save');
  await until('why', async () => /Not saved/.test(await page.textContent('.zone-said')));
  await page.fill('input[name=name]', 'door');
  await until('the name', async () => /Another zone has this name/.test(await page.textContent('.zone-form')));
  assert.equal(all.mock.story.log.saved.length, length);
  await page.click('.zone-actions >> text=Discard');
  assert.equal(await page.locator('.zones .wrong').count(), 0);
}));

test('what the server refuses is shown at the thing that is wrong, and the drawing stays', limit, () => onPage('/watch/front', async (page) => {
  await openEditor(page);
  await page.click('.zone-tools >> text=Zone');
  await clickAt(page, [0.4, 0.7], [0.5, 0.7], [0.5, 0.9]);
  await page.keyboard.press('Enter');
  await page.fill('input[name=name]', 'refused');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await save(page);
  await until('the words at the zone', async () => /do not cross or touch: 1-2/.test(await page.textContent('.zone-form .bad')));
  assert.match(await page.textContent('.zone-said'), /weir refused it.*Your drawing is still here/s);
  assert.equal(await page.locator('.zones [data-shape=refused]').count(), 1);
  // Another view and back: what is not saved is still there.
  await page.click('nav a[href="/health"]');
  await page.goBack();
  await until('the mark', async () => /not saved yet/.test((await page.locator('.single-tools').allTextContents()).join()));
  await page.keyboard.press('z');
  await page.waitForSelector('.zones [data-shape=refused]');
  await page.click('text=Remove zone');
  await until('as before', async () => page.$eval('.zone-actions button', (button) => button.disabled));
}));

test('without a settings file the drawing is in force, and its lines can be copied', limit, async () => {
  const own = await all.another({ bare: true });
  try {
    await onPage('/watch/yard', async (page, faults) => {
      await openEditor(page);
      assert.match(await page.textContent('.zone-said'), /without a settings file/);
      await page.click('.zone-tools >> text=Zone');
      await clickAt(page, [0.2, 0.2], [0.8, 0.2], [0.5, 0.8]);
      await page.keyboard.press('Enter');
      await save(page, own);
      await until('the lines', async () => /\[cameras\.yard\.zones\.zone-1\]\npoints = /.test((await page.locator('.zone-said pre').allTextContents()).join()));
      assert.match(await page.textContent('.zone-said'), /started without a settings file/);
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.click('.zone-said >> text=Copy');
      await until('copied', async () => /\[cameras\.yard\.zones\.zone-1\]/.test(await page.evaluate(() => navigator.clipboard.readText())));
      assert.deepEqual(faults, []);
    }, { server: own });
  } finally {
    await own.stop();
  }
});

test('a box says how sure it is only under the pointer', limit, () => onPage('/watch/yard', async (page) => {
  await page.waitForSelector('canvas.overlay');
  await page.evaluate(() => {
    const { fillText } = CanvasRenderingContext2D.prototype;
    window.painted = new Set();
    CanvasRenderingContext2D.prototype.fillText = function (words, ...rest) {
      window.painted.add(words);
      return fillText.call(this, words, ...rest);
    };
  });
  await until('labels', () => page.evaluate(() => window.painted.has('person 8')));
  assert.equal(await page.evaluate(() => [...window.painted].some((words) => /%|motion/.test(words))), false);
  await until('the confidence', async () => {
    const { x, y, width, height } = await page.locator('.single-stage').boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    return page.evaluate(() => window.painted.has('person 8 91\u202f%'));
  });
}));
