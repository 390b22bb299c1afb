import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, ago, bytes, bytesPerHour, clockTime, count, dateTime, duration, elapsed, microseconds, percent, plural } from './format';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('bytes change their unit before a figure needs four digits', () => {
  assert.deepEqual([0, 999, 1000, 65_536, 99_940, 999_400, 999_600, 212_400_000, 1.5e9, -4_100_000].map((n) => plain(bytes(n))),
    ['0 B', '999 B', '1.0 kB', '65.5 kB', '99.9 kB', '999 kB', '1.0 MB', '212 MB', '1.5 GB', '−4.1 MB']);
});

test('a slope has a sign, and noise below a page an hour is no slope', () => {
  assert.deepEqual([0, 4000, -4000, 3_600_000, -50_000].map((n) => plain(bytesPerHour(n))),
    ['0 B/h', '0 B/h', '0 B/h', '+3.6 MB/h', '−50.0 kB/h']);
});

test('durations carry at most two figures', () => {
  assert.deepEqual([0, 12, 999, 1500, 9949, 9951, 12_000, 60_000, 61_000, 3_599_000, 3_600_000, 5_400_000, 200_000_000].map((n) => plain(duration(n))),
    ['0 ms', '12 ms', '999 ms', '1.5 s', '9.9 s', '10 s', '12 s', '1 min', '1 min 1 s', '59 min 59 s', '1 h', '1 h 30 min', '2 d 7 h']);
});

test('what counts up does so in whole seconds', () => {
  assert.deepEqual([0, 400, 1400, 2000, 12_900, 65_000].map((n) => plain(elapsed(n))),
    ['0 s', '0 s', '1 s', '2 s', '12 s', '1 min 5 s']);
});

test('the age of a picture moves in steps of 10 ms and is never negative', () => {
  assert.deepEqual([-50, 4, 81, 994, 1240, 11_000].map((n) => plain(age(n))), ['0 ms', '0 ms', '80 ms', '990 ms', '1.2 s', '11 s']);
});

test('shares, counts and plurals', () => {
  assert.equal(plain(percent(0.0213)), '2.1 %');
  assert.equal(plain(count(1234567)), '1 234 567');
  assert.equal(count(12), '12');
  assert.equal(plain(plural(1, 'box', 'boxes')), '1 box');
  assert.equal(plain(plural(1500, 'lease')), '1 500 leases');
});

test('microseconds', () => {
  assert.deepEqual([0.4, 42, 1500, 250_000].map((n) => plain(microseconds(n))), ['0.4 µs', '42 µs', '1.5 ms', '250 ms']);
});

test('clock time is padded', () => {
  assert.equal(clockTime(new Date(2026, 0, 2, 3, 4, 5).getTime()), '03:04:05');
});

test('how long ago, in whole steps; after a day the date', () => {
  const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
  assert.deepEqual([-3, 4.9, 5, 59.9, 60, 3599, 3600, 86399, 86400].map((s) => plain(ago(now - s * 1000, now))),
    ['just now', 'just now', '5 s ago', '59 s ago', '1 min ago', '59 min ago', '1 h ago', '23 h ago', '20 Nov 2026, 12:00']);
  assert.equal(dateTime(now), '21 Nov 2026, 12:00:00');
});
