import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Box } from '../wire/messages';
import { fit } from './fit';
import { boxAt, colourOf, labelOf, objectColours, objectsOf } from './paint';

const box = (name: string, track: number | null = null, place: Box['box'] = [0, 0, 10, 10]): Box => ({ box: place, class: name, confidence: 0.914, track });

test('a picture is shown whole, in the middle', () => {
  assert.deepEqual(fit({ width: 200, height: 100 }, { width: 100, height: 100 }), { x: 50, y: 0, w: 100, h: 100 });
  assert.deepEqual(fit({ width: 100, height: 200 }, { width: 200, height: 100 }), { x: 0, y: 75, w: 100, h: 50 });
});

test('a track keeps its colour, whatever it is called', () => {
  assert.equal(colourOf(box('person', 11)), colourOf(box('dog', 11)));
  assert.equal(colourOf(box('person', 11)), objectColours[2]);
  assert.notEqual(colourOf(box('person', 11)), colourOf(box('person', 12)));
});

test('a label has class and id; confidence only under the pointer; movement none', () => {
  assert.deepEqual([labelOf(box('person', 7), false), labelOf(box('person', 7), true), labelOf(box('motion'), false)], ['person 7', 'person 7 91\u202f%', '']);
});

test('a badge counts objects, and movement only where there are none', () => {
  assert.equal(objectsOf([box('person', 1), box('motion'), box('dog', 2), box('person', 3)]), 'person ×2, dog');
  assert.deepEqual([objectsOf([box('motion'), box('motion')]), objectsOf([])], ['motion', '']);
});

test('of boxes that lie in each other the pointer means the smallest', () => {
  const boxes = [box('a', 1, [0, 0, 100, 100]), box('b', 2, [10, 10, 20, 20])];
  assert.deepEqual([boxAt(boxes, 15, 15), boxAt(boxes, 50, 50), boxAt(boxes, 101, 0)], [1, 0, -1]);
});
