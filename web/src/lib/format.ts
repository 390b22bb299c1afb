// Figures for people: decimal units, a narrow no-break space before the unit, widths that do not jump.
const space = '\u202f';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(value: number): string {
  let unit = 0;
  let scaled = Math.abs(value);
  // 999.5 would be printed as 1000 of the smaller unit.
  while (scaled >= 999.5 && unit < byteUnits.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : 1;
  return `${value < 0 ? '−' : ''}${scaled.toFixed(digits)}${space}${byteUnits[unit]}`;
}

export function bytesPerHour(value: number): string {
  // Less than a page an hour is noise of the fit, not a slope.
  if (Math.abs(value) < 4096) return `0${space}B/h`;
  return `${value > 0 ? '+' : ''}${bytes(value)}/h`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}${space}%`;
}

export function wholePercent(share: number): string {
  return `${Math.round(share * 100)}${space}%`;
}

export function count(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

// How long something took or has been so: two figures at most.
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)}${space}ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}${space}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}${space}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${space}min${seconds % 60 ? ` ${seconds % 60}${space}s` : ''}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}${space}h${minutes % 60 ? ` ${minutes % 60}${space}min` : ''}`;
  return `${Math.floor(hours / 24)}${space}d ${hours % 24}${space}h`;
}

// Whole seconds, for what counts up before people's eyes.
export function elapsed(milliseconds: number): string {
  return milliseconds < 1000 ? `0${space}s` : duration(Math.floor(milliseconds / 1000) * 1000).replace(/^(\d)\.0/, '$1');
}

// The age of a picture: steps of 10 ms, since single milliseconds only flicker.
export function age(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  return ms < 995 ? `${Math.round(ms / 10) * 10}${space}ms` : elapsedTenths(ms);
}

function elapsedTenths(ms: number): string {
  return ms < 9950 ? `${(ms / 1000).toFixed(1)}${space}s` : duration(ms);
}

export function microseconds(us: number): string {
  if (us < 10) return `${us.toFixed(1)}${space}µs`;
  if (us < 999.5) return `${Math.round(us)}${space}µs`;
  return us < 99950 ? `${(us / 1000).toFixed(1)}${space}ms` : duration(us / 1000);
}

export function clockTime(msSinceEpoch: number): string {
  const at = new Date(msSinceEpoch);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

// How long ago, in whole steps that do not flicker; after a day, when.
export function ago(msSinceEpoch: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - msSinceEpoch) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds}${space}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${space}min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}${space}h ago`;
  return dateTime(msSinceEpoch).slice(0, -3);
}

// Date and clock time, to the second.
export function dateTime(msSinceEpoch: number): string {
  const at = new Date(msSinceEpoch);
  return `${at.getDate()} ${months[at.getMonth()] ?? ''} ${at.getFullYear()}, ${clockTime(msSinceEpoch)}`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
