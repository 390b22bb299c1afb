// Whether anyone can see the page. A hidden tab subscribes to nothing and asks for nothing.
import { Store } from './store';

export const visible = new Store<boolean>(document.visibilityState === 'visible');
document.addEventListener('visibilitychange', () => visible.set(document.visibilityState === 'visible'));
