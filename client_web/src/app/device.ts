import { uuid7 } from '../protocol/uuid';

const KEY = 'room.device';

let mine: Promise<string> | null = null;

/** This tab's own UUID; a duplicated tab, which copies session storage, gets a new one. */
export function deviceOfTab(): Promise<string> {
  mine ??= claim();
  return mine;
}

async function claim(): Promise<string> {
  const kept = sessionStorage.getItem(KEY);
  if (kept !== null && (await claimed(kept))) return kept;
  const fresh = uuid7();
  sessionStorage.setItem(KEY, fresh);
  await claimed(fresh);
  return fresh;
}

const held = new Set<string>();

/** Hold a lock named after the device for as long as the page lives. */
function claimed(device: string): Promise<boolean> {
  if (!('locks' in navigator) || held.has(device)) return Promise.resolve(true);
  return new Promise((resolve) => {
    void navigator.locks.request(`${KEY}.${device}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      if (lock === null) return undefined;
      held.add(device);
      return new Promise(() => undefined);
    });
  });
}
