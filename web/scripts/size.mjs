// The whole page, compressed as the server sends it, must stay small. Prints each file of DIR (web/dist) and fails above
// the limit: node scripts/size.mjs [DIR]
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const limitBytes = 150_000;
const dist = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

let total = 0;
for (const path of files(dist)) {
  const bytes = gzipSync(readFileSync(path), { level: 9 }).length;
  total += bytes;
  console.log(`${String(bytes).padStart(8)}  ${relative(dist, path)}`);
}
console.log(`${String(total).padStart(8)}  of at most ${limitBytes} bytes, gzipped`);
if (total === 0 || total > limitBytes) {
  console.error(total === 0 ? 'size: dist is empty' : `size: the page is ${total - limitBytes} bytes too large`);
  process.exit(1);
}
