import { uuid7 } from '../../protocol/uuid';

const KEY = 'room.device';

/** This tab's own UUID; a duplicated tab, which copies session storage, gets a new one. */
export async function deviceOfTab(): Promise<string> {
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

const IN_CALL = 'room.in-call';
const FRESH_MS = 60_000;

/** Remember across a reload that this tab was in a room's call, or only in the room. */
export function rememberPresence(room: string, mode: 'call' | 'room' | null, now = Date.now()): void {
  if (mode === null) sessionStorage.removeItem(IN_CALL);
  else sessionStorage.setItem(IN_CALL, JSON.stringify({ room, mode, at: now }));
}

/** How this tab was in the room a moment ago, when the page was reloaded. */
export function recalledPresence(room: string, now = Date.now()): 'call' | 'room' | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(IN_CALL) ?? 'null') as { room: string; mode: 'call' | 'room'; at: number } | null;
    return kept?.room === room && now - kept.at < FRESH_MS ? kept.mode : null;
  } catch {
    return null;
  }
}
