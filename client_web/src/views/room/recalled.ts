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
