// Types, bundle, size: npm run build [-- --outDir DIR --emptyOutDir --logLevel LEVEL]. What is not said here goes to vite.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = process.argv.slice(2);
const at = options.indexOf('--outDir');

function run(script, ...words) {
  const { status, error } = spawnSync(process.execPath, [script, ...words], { cwd: root, stdio: 'inherit' });
  if (error) console.error(`build: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

run('node_modules/typescript/bin/tsc', '--noEmit');
run('node_modules/vite/bin/vite.js', 'build', ...options);
run('scripts/size.mjs', ...(at >= 0 ? [options[at + 1]] : []));
