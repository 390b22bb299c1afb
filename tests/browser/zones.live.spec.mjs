// Zones drawn on the page of the built `weir watch`: in force, in its settings file, and gone from there again.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepPicture, openPage, readTiles, startBrowser, until } from './browser.mjs';
import { tools, withWatch } from './weir.mjs';
import { clickAt, openEditor } from './zones.mjs';

// Comments wherever TOML has room for one.
const settings = `# Cameras of the house.
pipeline = "unified"  # one process is enough

# Over the door, since spring.
[cameras.yard]  # the old one
url = "demo:yard?size=640x360"
detect.fps = 10  # it is near the street

# The gate, not the path.
[cameras.yard.zones.gate]  # measured with a tape
points = [
  [0.02, 0.02],  # the post
  [0.12, 0.02],
  # the hinge
  [0.12, 0.12],
]  # from the left
dwell_s = 3  # shorter is a dog

[server]
listen = "127.0.0.1:0"  # any port
# the end
`;
const comments = settings.match(/#.*/g);

const pointsOf = (text, name) => {
  const found = new RegExp(`^\\[cameras\\.yard\\.zones\\.${name}\\]\\s*points = (.*)$`, 'm').exec(text);
  return found && JSON.parse(found[1]);
};

async function save(page) {
  await page.click('.zone-actions >> text=Save');
  await until('the answer', async () => /In force, and written to/.test(await page.textContent('.zone-said')));
}

test('a zone drawn by clicks is in force and in the settings file, with every comment, and can be removed again', { timeout: 300_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-zones-'));
  const file = join(dir, 'cameras.toml');
  const browser = await startBrowser();
  try {
    writeFileSync(file, settings);
    const isGood = () => {
      tools('config', 'check', file);
      const text = readFileSync(file, 'utf8');
      for (const comment of comments) assert.ok(text.includes(comment), `“${comment}” is still in\n${text}`);
      return text;
    };
    await withWatch(['--config', file], async (weir) => {
      const drawn = async () => (await weir.json('/api/cameras/yard/drawn')).zones.map((zone) => zone.name);
      const { page, faults } = await openPage(browser, new URL('/watch/yard', weir.url).href);
      await until('the live picture', async () => (await readTiles(page)).some((tile) => tile.state === 'live' && tile.frames > 5));
      await openEditor(page);

      // Two corners are no zone, and that is said; what is missing is still being drawn.
      await page.click('.zone-tools >> text=Zone');
      const corners = [[0.05, 0.1], [0.93, 0.06], [0.96, 0.9], [0.5, 0.97], [0.07, 0.94]];
      await clickAt(page, ...corners.slice(0, 2));
      for (const ask of [() => page.keyboard.press('Enter'), () => page.click('.zone-actions >> text=Save')]) {
        await ask();
        await until('why it is refused', async () => /2 corners; it needs at least 3/.test(await page.textContent('.zone-said')));
      }
      assert.equal(readFileSync(file, 'utf8'), settings);
      await clickAt(page, ...corners.slice(2), corners[0]);
      await page.fill('input[name=name]', 'lawn');
      await save(page);

      const text = isGood();
      const points = pointsOf(text, 'lawn');
      assert.equal(points?.length, corners.length, text);
      points.forEach(([x, y], i) => assert.ok(Math.abs(x - corners[i][0]) < 0.01 && Math.abs(y - corners[i][1]) < 0.01, `${JSON.stringify(points)} for ${JSON.stringify(corners)}`));
      // What nobody touched is as it was, line by line.
      const gate = settings.slice(settings.indexOf('# The gate'), settings.indexOf('\n[server]'));
      assert.ok(text.includes(gate), text);

      // The program that runs has it: what moves comes into it.
      assert.deepEqual(await drawn(), ['gate', 'lawn']);
      await until('somebody in the zone', async () => {
        const { events } = await weir.json('/api/events');
        return events.some((one) => one.camera === 'yard' && one.zones.includes('lawn'));
      }, 120_000);
      await page.waitForSelector('.zones [data-shape=lawn]');
      await keepPicture(page, 'zones');

      // What only the server can know is refused by it: the drawing in force stays.
      const refused = await page.evaluate(async () => {
        const answer = await fetch('/api/cameras/yard/drawn', { method: 'PUT', headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ zones: [{ name: 'thin', points: [[0.1, 0.1], [0.2, 0.2]] }] }) });
        return { status: answer.status, ...await answer.json() };
      });
      assert.equal(refused.status, 400);
      assert.match(refused.error, /zones\.thin\.points.*3 to 64 points/s);
      assert.deepEqual(await drawn(), ['gate', 'lawn']);
      assert.equal(readFileSync(file, 'utf8'), text);

      // Removed: the one that was drawn, and the one that the file began with.
      for (const [name, left] of [['lawn', ['gate']], ['gate', []]]) {
        if (!await page.locator('.zone-list li.open', { hasText: name }).count()) await page.click(`.zone-row >> text=${name}`);
        await page.click('text=Remove zone');
        await save(page);
        assert.ok(!isGood().includes(`zones.${name}`));
        assert.deepEqual(await drawn(), left);
      }
      // The browser says of itself that it was refused.
      assert.deepEqual(faults.filter((fault) => !/status of 400/.test(fault)), []);
    });
  } finally {
    await browser.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
