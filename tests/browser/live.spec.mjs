// Starts the built `weir watch` on scenes that it makes itself, looks at its page (watch.spec.mjs), and stops it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const binaries = process.env.WEIR_TEST_BIN_DIR ?? fileURLToPath(new URL('../../build/release', import.meta.url));
const scenes = ['demo:street', 'demo:yard', 'demo:harbour', 'demo:station'];

// The address that weir prints; its other lines are kept for a failure's report.
async function address(weir, said) {
  const found = new Promise((resolve) => {
    for (const stream of [weir.stdout, weir.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const url = /http:\/\/[\w.:[\]]+\/?/.exec(line)?.[0];
        if (url) resolve(url);
      });
    }
  });
  const gone = once(weir, 'exit').then(([code]) => { throw new Error(`weir watch ended with ${code}:\n${said.join('\n')}`); });
  return Promise.race([found, gone]);
}

test('weir watch shows its cameras in the browser, and ends cleanly', { timeout: 400_000 }, async () => {
  const weir = spawn(`${binaries}/weir-watch`, [...scenes, '--set', 'server.listen=127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  const ended = once(weir, 'exit');
  try {
    const url = await address(weir, said);
    // node's runner marks its children; without the mark the inner run reports as one of its own.
    const { NODE_TEST_CONTEXT: _mark, ...env } = process.env;
    const looking = spawn(process.execPath, ['--test', fileURLToPath(new URL('watch.spec.mjs', import.meta.url))],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...env, WEIR_URL: url } });
    let output = '';
    looking.stdout.on('data', (text) => { output += text; });
    const [status] = await once(looking, 'exit');
    assert.equal(status, 0, `${output}\nweir said:\n${said.join('\n')}`);
  } finally {
    weir.kill('SIGTERM');
  }
  const [code] = await ended;
  assert.equal(code, 143, `weir drains after SIGTERM; it said:\n${said.join('\n')}`);
});
