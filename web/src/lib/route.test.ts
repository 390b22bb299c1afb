import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allEvents, parseRoute, pathOf, type Route } from './route';

test('every view has an address that leads back to it', () => {
  const routes: Route[] = [{ view: 'watch', camera: null }, { view: 'watch', camera: 'front' },
    { view: 'watch', camera: 'a/b ü%' }, { view: 'memory' }, { view: 'health' },
    allEvents, { ...allEvents, id: 'front-1763724000123-7' }, { ...allEvents, id: 'a/b?c', camera: 'a&b ü', class: 'traffic light' }];
  for (const one of routes) assert.deepEqual(parseRoute(pathOf(one)), one);
});

test('/watch is the wall, a trailing slash is forgiven', () => {
  assert.deepEqual(parseRoute('/watch'), { view: 'watch', camera: null });
  assert.deepEqual(parseRoute('/memory/'), { view: 'memory' });
});

test('anything else is unknown, and so is a broken escape', () => {
  for (const path of ['/nope', '/watch/a/b', '/memory/x', '/events/a/b', '/events/%E0%A4%A', '/watch/%E0%A4%A']) assert.equal(parseRoute(path).view, 'unknown', path);
});

test('a filter is in the query, and what is not filtered is not', () => {
  assert.equal(pathOf({ ...allEvents, camera: 'front' }), '/events?camera=front');
  assert.deepEqual(parseRoute('/events/?class=person'), { ...allEvents, class: 'person' });
});
