// A build of the page, a stand-in for its server, and a browser: what the *.mock.spec.mjs files have in common.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before } from 'node:test';
import { startMock } from '../../web/mock/server.mjs';
import { openPage, startBrowser } from './browser.mjs';

const web = fileURLToPath(new URL('../../web', import.meta.url));
export const limit = { timeout: 180_000 };

// Filled before the first test of the file that calls this, and cleared away after its last.
export function mocked() {
  const all = {
    browser: null,
    mock: null,
    dist: null,
    // One page a test, with what it did wrong; of the common server, or of one of the test's own.
    async onPage(path, look, { server = all.mock, ...options } = {}) {
      const { page, context, faults } = await openPage(all.browser, server.url + path, options);
      try {
        await look(page, faults);
      } finally {
        await context.close();
      }
    },
    // Another server, with the same generated video.
    another: (options) => startMock({ dist: all.dist, feeds: all.mock.feeds, ...options }),
  };
  before(async () => {
    // A build of its own: what lies in web/dist may be older than the sources.
    all.dist = mkdtempSync(join(tmpdir(), 'weir-page-'));
    const built = spawnSync(process.execPath, [join(web, 'scripts/build.mjs'), '--outDir', all.dist, '--emptyOutDir', '--logLevel', 'warn'], { encoding: 'utf8' });
    assert.equal(built.status, 0, `the page builds: ${built.stdout}${built.stderr}`);
    all.mock = await startMock({ dist: all.dist });
    all.browser = await startBrowser();
  }, limit);
  after(async () => {
    await all.browser?.close();
    await all.mock?.stop();
    if (all.dist) rmSync(all.dist, { recursive: true, force: true });
  });
  return all;
}

export const hide = (page, state) => page.evaluate((value) => {
  Object.defineProperty(document, 'visibilityState', { value, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, state);
