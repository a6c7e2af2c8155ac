/** Pages that a link with a secret in its fragment opens. */
const ENTRANCES = new Set(['/join', '/enter', '/results']);

/** Reads a link's code and wipes it, so that neither history nor a glance at the screen keeps it. */
function takeCode(): string {
  if (!ENTRANCES.has(location.pathname)) return '';
  const fragment = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  return fragment;
}

/** The code this page was opened with; taken as the first thing the client does. */
export const entranceCode = takeCode();
