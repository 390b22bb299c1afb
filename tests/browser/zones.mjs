// Drawing on the page's zone editor as a hand would: what the zones specs have in common.
import { until } from './browser.mjs';

export async function openEditor(page) {
  await page.waitForSelector('.single [data-camera]');
  await until('what is drawn', async () => /Edit zones/.test(await page.textContent('.single-tools')));
  await page.keyboard.press('z');
  await page.waitForSelector('.zone-panel .zone-tools');
}

// The place of the picture on the screen, whatever is left at the sides of it.
export const pictureOf = (page) => page.$eval('.zones', (svg) => {
  const m = svg.getScreenCTM();
  const { width, height } = svg.viewBox.baseVal;
  return { x: m.e, y: m.f, w: width * m.a, h: height * m.d };
});
export const at = (picture, [x, y]) => [picture.x + x * picture.w, picture.y + y * picture.h];

export async function clickAt(page, ...points) {
  const picture = await pictureOf(page);
  for (const point of points) await page.mouse.click(...at(picture, point));
}
