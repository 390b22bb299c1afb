// Events on the page, against a stand-in for the server: the list, its filter, clips, and what is said when they are missing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './browser.mjs';
import { hide, limit, mocked } from './mocked.mjs';

const all = mocked();
const { onPage } = all;

const shown = (page) => page.$$eval('[data-event]', (rows) => rows.map((row) => row.dataset.event));

test('events are listed newest first, new ones come in by themselves, and one that goes on says so', limit, () => onPage('/events', async (page, faults) => {
  await page.waitForSelector('[data-event]');
  const before = await shown(page);
  assert.deepEqual(before, all.mock.story.events.slice(0, 50).map((one) => one.id));
  const { id } = all.mock.story.add({ camera: 'gate', class: 'car', over: false, zones: ['street'] });
  await until('the new event', async () => (await shown(page))[0] === id);
  assert.match(await page.textContent(`[data-event="${id}"]`), /car.*gate.*street.*going on/s);
  all.mock.story.finish(id);
  await until('its end', async () => !/going on/.test(await page.textContent(`[data-event="${id}"]`)));
  assert.deepEqual(faults, []);
}));

test('what is being looked at stays where it is when new events come in above it', limit, () => onPage('/events', async (page) => {
  await page.waitForSelector('[data-event]');
  await page.evaluate(() => scrollTo(0, 1200));
  await page.waitForTimeout(200);
  const middle = (await shown(page))[20];
  const top = () => page.$eval(`[data-event="${middle}"]`, (row) => row.getBoundingClientRect().top);
  const before = await top();
  const { id } = all.mock.story.add({ camera: 'yard' });
  await until('the new event', async () => (await shown(page)).includes(id));
  assert.ok(Math.abs((await top()) - before) <= 1, `${before} became ${await top()}`);
}));

test('older events are loaded when asked for, and the newest stay', limit, () => onPage('/events', async (page, faults) => {
  await page.waitForSelector('[data-event]');
  for (const wanted of [100, all.mock.story.events.length]) {
    await page.click('text=Load older');
    await until(`${wanted} events`, async () => (await shown(page)).length === wanted);
  }
  assert.deepEqual(await shown(page), all.mock.story.events.map((one) => one.id));
  await until('the end', async () => /all that weir remembers/.test(await page.textContent('.events-older')));
  await page.waitForTimeout(2500);
  assert.equal((await shown(page)).length, all.mock.story.events.length);
  assert.deepEqual(faults, []);
}));

test('the filter is in the address', limit, () => onPage('/events?class=person', async (page, faults) => {
  await page.waitForSelector('[data-event]');
  const people = all.mock.story.events.filter((one) => one.class === 'person');
  assert.deepEqual(await shown(page), people.slice(0, 50).map((one) => one.id));
  await page.selectOption('select[name=camera]', 'front');
  await until('the address', async () => new URL(page.url()).search === '?camera=front&class=person');
  await until('those of front', async () => (await shown(page)).join() === people.filter((one) => one.camera === 'front').map((one) => one.id).join());
  await page.goBack();
  await until('all people', async () => (await shown(page)).length === Math.min(50, people.length));
  await page.selectOption('select[name=class]', 'truck');
  await until('trucks', async () => new URL(page.url()).search === '?class=truck');
  assert.deepEqual(faults, []);
}));

test('nothing is asked for while nobody can see the page', limit, () => onPage('/events', async (page) => {
  await page.waitForSelector('[data-event]');
  await hide(page, 'hidden');
  await page.waitForTimeout(500);
  const { events } = all.mock.story.log;
  await page.waitForTimeout(4500);
  assert.equal(all.mock.story.log.events, events);
  await hide(page, 'visible');
  await until('asked again', async () => all.mock.story.log.events > events);
}));

test('an event is opened with Enter and its clip plays; the arrows go to its neighbours', limit, () => onPage('/events?camera=front', async (page, faults) => {
  await page.waitForSelector('[data-event]');
  const [first, second, third] = all.mock.story.events.filter((one) => one.camera === 'front');
  await page.focus(`[data-event="${second.id}"] a`);
  await page.keyboard.press('Enter');
  assert.equal(new URL(page.url()).pathname, `/events/${second.id}`);
  const time = () => page.$eval('video.clip', (video) => video.currentTime).catch(() => 0);
  await until('the clip to play', async () => (await time()) > 0.5);
  assert.ok(all.mock.story.log.recordings.includes(`GET ${second.clip}`));
  assert.match(await page.textContent('.event-facts'), new RegExp(`${second.class} ${second.track}.*How long.*Box`, 's'));
  await page.keyboard.press('ArrowRight');
  await until('the older one', async () => page.url().includes(third.id));
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await until('the newer one', async () => page.url().includes(first.id));
  // In the player itself the arrows wind.
  await until('its clip', async () => (await time()) > 0);
  await page.focus('video.clip');
  await page.keyboard.press('ArrowRight');
  await page.waitForTimeout(300);
  assert.ok(page.url().includes(first.id));
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Escape');
  await until('the list', async () => new URL(page.url()).pathname + new URL(page.url()).search === '/events?camera=front');
  assert.deepEqual(faults, []);
}));

test('an event that goes on shows its picture, and its clip by itself when it is over', limit, async () => {
  const event = all.mock.story.add({ camera: 'front', class: 'person', over: false });
  await onPage(`/events/${event.id}`, async (page, faults) => {
    await page.waitForSelector('.event-media .event-picture .mark');
    assert.equal(await page.locator('video').count(), 0);
    assert.match(await page.textContent('.event-media'), /Still going on/);
    all.mock.story.finish(event.id);
    await page.waitForSelector('video.clip');
    assert.deepEqual(faults, []);
  });
});

test('a clip that is not there any more is said in words and can be tried again', limit, async () => {
  const event = all.mock.story.events.find((one) => one.over && Date.now() - one.end.time_ms > 200_000);
  all.mock.story.gone.add(event.clip);
  try {
    await onPage(`/events/${event.id}`, async (page) => {
      await until('the words', async () => /no clip any more.*record\.keep_days/s.test((await page.locator('.clip-words').allTextContents()).join()));
      await page.waitForSelector('.event-media .event-picture img');
      all.mock.story.gone.delete(event.clip);
      await page.click('text=Try again');
      await page.waitForSelector('video.clip');
      await until('it plays', async () => (await page.$eval('video.clip', (video) => video.currentTime)) > 0);
    });
  } finally {
    all.mock.story.gone.delete(event.clip);
  }
});

test('a clip that is still being written comes by itself', limit, async () => {
  const event = all.mock.story.add({ camera: 'yard' });
  all.mock.story.gone.add(event.clip);
  await onPage(`/events/${event.id}`, async (page) => {
    await until('the words', async () => /still being written/.test((await page.locator('.clip-words').allTextContents()).join()));
    all.mock.story.gone.delete(event.clip);
    await page.waitForSelector('video.clip');
    await until('it plays', async () => (await page.$eval('video.clip', (video) => video.currentTime)) > 0);
  });
});

test('an event that weir does not know is said in words', limit, () => onPage('/events/front-1-1', async (page) => {
  await until('the words', async () => /There is no such event.*front-1-1/s.test(await page.textContent('main')));
}));

test('with nothing recorded and nothing happened, the page says what to do', limit, async () => {
  const own = await all.another({ bare: true });
  try {
    await onPage('/events', async (page, faults) => {
      await until('the words', async () => /Nothing has happened yet.*record\.dir/s.test(await page.textContent('main')));
      own.story.add({ camera: 'front', class: 'motion', track: null });
      await page.waitForSelector('[data-event]');
      assert.match(await page.textContent('main'), /Nothing is recorded.*record\.dir=recordings/s);
      await page.click('[data-event] a');
      await until('the words', async () => /Nothing was recorded of this event/.test(await page.textContent('main')));
      assert.deepEqual(faults, []);
    }, { server: own });
  } finally {
    await own.stop();
  }
});

test('the single view lists the last events of its camera', limit, () => onPage('/watch/front', async (page) => {
  await page.waitForSelector('[data-event]');
  const { id } = all.mock.story.add({ camera: 'front' });
  all.mock.story.add({ camera: 'yard' });
  await until('the newest of front', async () => (await shown(page))[0] === id);
  assert.ok((await shown(page)).every((one) => one.startsWith('front-')));
}));
