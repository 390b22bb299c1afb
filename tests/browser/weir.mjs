// Starts the built programs for the browser tests, and makes what they look at.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const binaries = process.env.WEIR_TEST_BIN_DIR ?? fileURLToPath(new URL('../../build/release', import.meta.url));

// Runs a program to its end, and gives back what it wrote.
export function run(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${error ?? ''}${stdout}${stderr}`);
  return stdout;
}

export const tools = (...args) => run(`${binaries}/weir-tools`, args);

// A `weir watch` that serves its page at `url`. `stop` asks it to end, and says how it did.
export async function startWatch(args) {
  const weir = spawn(`${binaries}/weir-watch`, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  const ended = once(weir, 'exit').then(([code]) => code);
  const words = () => `weir said:\n${said.join('\n')}`;
  const found = new Promise((resolve) => {
    for (const stream of [weir.stdout, weir.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const url = /http:\/\/[\w.:[\]]+\/?/.exec(line)?.[0];
        if (url) resolve(url);
      });
    }
  });
  const url = await Promise.race([found, ended.then((code) => { throw new Error(`weir watch ended with ${code}; ${words()}`); })]);
  return {
    url,
    words,
    async json(path) {
      const answer = await fetch(new URL(path, url));
      assert.equal(answer.status, 200, path);
      return answer.json();
    },
    async stop() {
      weir.kill('SIGTERM');
      assert.equal(await ended, 143, `weir drains after SIGTERM; ${words()}`);
    },
    kill: () => weir.kill('SIGKILL'),
  };
}

// Runs `look` on a `weir watch` that is asked to end afterwards, and is gone in any case.
export async function withWatch(args, look) {
  const weir = await startWatch(args);
  try {
    await look(weir);
    await weir.stop();
  } finally {
    weir.kill();
  }
}
