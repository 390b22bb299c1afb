// Light or dark: the system's choice until a person makes their own, which this browser then remembers.
import { Store } from './store';

export type Theme = 'system' | 'light' | 'dark';
const key = 'weir.theme';
const order: Theme[] = ['system', 'light', 'dark'];

function remembered(): Theme {
  try {
    return order.find((theme) => theme === localStorage.getItem(key)) ?? 'system';
  } catch {
    return 'system';  // storage may be forbidden; the choice then lasts as long as the page
  }
}

export const theme = new Store<Theme>(remembered());
const systemLight = matchMedia('(prefers-color-scheme: light)');

// What is in force now, for parts that draw by themselves (the chart).
export const scheme = new Store<'light' | 'dark'>('dark');

function apply(): void {
  const chosen = theme.value === 'system' ? (systemLight.matches ? 'light' : 'dark') : theme.value;
  document.documentElement.dataset['theme'] = chosen;
  scheme.set(chosen);
}

export function startTheme(): void {
  theme.subscribe(apply);
  systemLight.addEventListener('change', apply);
  apply();
}

export function nextTheme(): void {
  const next = order[(order.indexOf(theme.value) + 1) % order.length] ?? 'system';
  theme.set(next);
  try {
    localStorage.setItem(key, next);
  } catch {
    // Forbidden storage: see remembered().
  }
}
