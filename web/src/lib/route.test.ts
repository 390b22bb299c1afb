import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRoute, pathOf, type Route } from './route';

test('every view has an address that leads back to it', () => {
  const routes: Route[] = [{ view: 'watch', camera: null }, { view: 'watch', camera: 'front' },
    { view: 'watch', camera: 'a/b ü%' }, { view: 'memory' }, { view: 'health' }];
  for (const one of routes) assert.deepEqual(parseRoute(pathOf(one)), one);
});

test('/watch is the wall, a trailing slash is forgiven', () => {
  assert.deepEqual(parseRoute('/watch'), { view: 'watch', camera: null });
  assert.deepEqual(parseRoute('/memory/'), { view: 'memory' });
});

test('anything else is unknown, and so is a broken escape', () => {
  for (const path of ['/nope', '/watch/a/b', '/memory/x', '/watch/%E0%A4%A']) assert.equal(parseRoute(path).view, 'unknown', path);
});
