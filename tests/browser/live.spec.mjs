// Starts the built `weir watch` on scenes that it makes itself, looks at its page (watch.spec.mjs), and stops it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { withWatch } from './weir.mjs';

const scenes = ['demo:street', 'demo:yard', 'demo:harbour', 'demo:station'];

test('weir watch shows its cameras in the browser, and ends cleanly', { timeout: 400_000 }, () => withWatch([...scenes, '--set', 'server.listen=127.0.0.1:0'], async (weir) => {
  // node's runner marks its children; without the mark the inner run reports as one of its own.
  const { NODE_TEST_CONTEXT: _mark, ...env } = process.env;
  const looking = spawn(process.execPath, ['--test', fileURLToPath(new URL('watch.spec.mjs', import.meta.url))],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...env, WEIR_URL: weir.url } });
  let output = '';
  looking.stdout.on('data', (text) => { output += text; });
  const [status] = await once(looking, 'exit');
  assert.equal(status, 0, `${output}\n${weir.words()}`);
}));
