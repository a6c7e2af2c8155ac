import { match, type Match } from './router';

let path = $state(location.pathname);
let search = $state(location.search);
const matched = $derived<Match>(match(path));

export function currentPath(): string {
  return path;
}

export function currentSearch(): string {
  return search;
}

export function currentMatch(): Match {
  return matched;
}

/** Goes to a path of ours; `replace` leaves no trace of the present one in the history. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', to);
  else if (to !== location.pathname + location.search) history.pushState(null, '', to);
  arrive();
  scrollTo(0, 0);
}

/** Follows the browser's own moves and clicks on our links; answers how to stop. */
export function startNavigation(): () => void {
  addEventListener('popstate', arrive);
  document.addEventListener('click', follow);
  return () => {
    removeEventListener('popstate', arrive);
    document.removeEventListener('click', follow);
  };
}

function arrive(): void {
  path = location.pathname;
  search = location.search;
}

function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.getAttribute('href')?.startsWith('#')) return;
  // Pages of the server, not of the client.
  if (match(link.pathname).screen === 'not-found') return;
  event.preventDefault();
  navigate(link.pathname + link.search + link.hash);
}
