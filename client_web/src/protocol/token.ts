/** Expiry of a JWT in ms since the epoch; 0 when it cannot be read (then refresh at once). */
export function expiryOf(token: string): number {
  try {
    const body = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const claims: unknown = JSON.parse(atob(body));
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : 0;
    return typeof exp === 'number' ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

/** How long before `exp` a token is replaced over the live socket. */
export const REFRESH_AHEAD_MS = 60_000;
const SHORTEST_MS = 5_000;

/** Delay in ms after which a token expiring at `expiry` should be replaced. */
export function refreshDelay(expiry: number, now: number): number {
  return Math.max(SHORTEST_MS, expiry - now - REFRESH_AHEAD_MS);
}
