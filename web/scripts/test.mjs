// Unit tests: every src/**/*.test.ts is bundled for node and run by node's own test runner (node 18 reads no TypeScript).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

function find(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return find(path);
    return name.endsWith('.test.ts') ? [path] : [];
  });
}

const out = mkdtempSync(join(tmpdir(), 'weir-page-'));
let status = 1;
try {
  const entryPoints = find(join(root, 'src'));
  if (entryPoints.length === 0) throw new Error('no unit tests found');
  await build({ entryPoints, outdir: out, outbase: join(root, 'src'), bundle: true, platform: 'node', format: 'cjs',
                target: 'node18', sourcemap: 'inline', logLevel: 'warning', outExtension: { '.js': '.cjs' } });
  const compiled = entryPoints.map((path) => join(out, path.slice(join(root, 'src').length).replace(/\.ts$/, '.cjs')));
  status = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...compiled], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exit(status);
