// Name, views, verdict.
import { allEvents, follow, pathOf, route, type Route } from '../lib/route';
import { useStore } from '../lib/store';
import { nextTheme, theme } from '../lib/theme';
import { link } from '../wire/connection';
import { Pill } from './pill';

const views: { route: Route; words: string }[] = [
  { route: { view: 'watch', camera: null }, words: 'Watch' },
  { route: allEvents, words: 'Events' },
  { route: { view: 'memory' }, words: 'Memory' },
  { route: { view: 'health' }, words: 'Health' },
];
const themeWords = { system: 'System', light: 'Light', dark: 'Dark' };
const themeIcons = { system: '◐', light: '○', dark: '●' };

export function TopBar() {
  const here = useStore(route);
  const chosen = useStore(theme);
  const state = useStore(link);
  return (
    <header class="topbar">
      <a class="brand" href="/" onClick={(event) => follow(event, { view: 'watch', camera: null })}>
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="M3 8h18M3 8v10M21 8v10" /><path class="water" d="M7 13c1.7 0 1.7 1.6 3.3 1.6S12 13 13.600 13s1.700 1.600 3.400 1.600" /></svg>
        <strong>weir</strong> <span>{state.phase === 'open' ? state.flow : 'watch'}</span>
      </a>
      <nav aria-label="Views">
        {views.map((one) => (
          <a key={one.words} href={pathOf(one.route)} aria-current={here.view === one.route.view ? 'page' : undefined}
            onClick={(event) => follow(event, one.route)}>{one.words}</a>
        ))}
      </nav>
      <button class="theme" type="button" onClick={nextTheme} title={`Colours: ${themeWords[chosen]}. Click to change.`} aria-label={`Colours: ${themeWords[chosen]}`}>
        <span aria-hidden="true">{themeIcons[chosen]}</span>
      </button>
      <Pill />
    </header>
  );
}
