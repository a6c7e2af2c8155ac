import { match, type Match } from './router';

let path = $state(location.pathname);
let search = $state(location.search);
const matched = $derived<Match>(match(path));

/** Asked before the page is left for another; answers whether it may be, or calls `go` later. */
type Doorkeeper = (go: () => void) => boolean;
let doorkeeper: Doorkeeper | null = null;

interface How {
  /** Leaves no trace of the present path in the history, and asks nobody. */
  readonly replace?: boolean;
  /** What cannot wait for an answer about unsaved words. */
  readonly unasked?: boolean;
}

export function currentPath(): string {
  return path;
}

export function currentSearch(): string {
  return search;
}

export function currentMatch(): Match {
  return matched;
}

/** Lets nobody leave unasked while something is not saved; answers how to stop. */
export function keepDoor(keeper: Doorkeeper): () => void {
  doorkeeper = keeper;
  return () => {
    if (doorkeeper === keeper) doorkeeper = null;
  };
}

/** Goes to a path of ours. */
export function navigate(to: string, { replace = false, unasked = false }: How = {}): void {
  const isLeaving = to.split(/[?#]/)[0] !== path;
  if (isLeaving && !replace && !unasked && !mayLeave(() => navigate(to, { unasked: true }))) return;
  if (replace) history.replaceState(null, '', to);
  else if (to !== location.pathname + location.search) history.pushState(null, '', to);
  arrive();
  scrollTo(0, 0);
}

/** Follows the browser's own moves and clicks on our links; answers how to stop. */
export function startNavigation(): () => void {
  addEventListener('popstate', moved);
  document.addEventListener('click', follow);
  return () => {
    removeEventListener('popstate', moved);
    document.removeEventListener('click', follow);
  };
}

function mayLeave(go: () => void): boolean {
  return doorkeeper === null || doorkeeper(go);
}

/** The browser has moved already: whoever may not leave is put back where they were. */
function moved(): void {
  const to = location.pathname + location.search;
  const isLeaving = location.pathname !== path;
  if (isLeaving && !mayLeave(() => navigate(to, { unasked: true })))
    history.pushState(null, '', path + search);
  else arrive();
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
