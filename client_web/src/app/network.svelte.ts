let online = $state(navigator.onLine);
addEventListener('online', () => (online = true));
addEventListener('offline', () => (online = false));

/** Whether the browser believes it has a network; false is certain, true only likely. */
export function isOnline(): boolean {
  return online;
}
