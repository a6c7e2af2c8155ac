import type { ContactKind, ContactMethod } from '../../api/contacts';

export type Standing = 'unproved' | 'off' | 'failing' | 'ready' | 'proved';

/** Where a contact stands, the most pressing first. */
export function standingOf(method: ContactMethod): Standing {
  if (method.proved_at === null) return 'unproved';
  if (!method.enabled) return 'off';
  if (method.error !== null) return 'failing';
  return method.ready ? 'ready' : 'proved';
}

export const DELAYS_S: readonly number[] = [0, 30, 60, 120, 300, 600];

/** The waits to choose from, with the one that stands. */
export function delaysFor(chosen: number): number[] {
  return [...new Set([...DELAYS_S, chosen])].sort((left, right) => left - right);
}

/** A wait in the largest unit that says it exactly. */
export function delayParts(seconds: number): { unit: 'now' | 'seconds' | 'minutes'; count: number } {
  if (seconds === 0) return { unit: 'now', count: 0 };
  if (seconds % 60 === 0) return { unit: 'minutes', count: seconds / 60 };
  return { unit: 'seconds', count: seconds };
}

/** What a browser's keyboard and its memory need to know about a value of a kind. */
export function inputOf(kind: ContactKind): { type: 'email' | 'tel'; autocomplete: 'email' | 'tel' } {
  const type = kind === 'email' ? 'email' : 'tel';
  return { type, autocomplete: type };
}
