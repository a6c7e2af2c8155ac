/** Reads a guest link's code and wipes it, so that neither history nor a glance at the screen keeps it. */
function takeCode(): string {
  if (location.pathname !== '/join') return '';
  const fragment = location.hash.slice(1);
  history.replaceState(null, '', '/join');
  return fragment;
}

/** The code this page was opened with; taken as the first thing the client does. */
export const entranceCode = takeCode();
