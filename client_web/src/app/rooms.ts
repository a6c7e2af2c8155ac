import type { Room } from '../protocol/types';

export interface Agenda {
  readonly open: readonly Room[];
  readonly scheduled: readonly Room[];
  readonly closed: readonly Room[];
}

/** Rooms by what they ask for: those with people first, the next appointment first. */
export function agendaOf(rooms: readonly Room[]): Agenda {
  return {
    open: rooms.filter((room) => room.state === 'open').sort(byPresence),
    scheduled: rooms.filter((room) => room.state === 'scheduled').sort(byTime),
    closed: rooms.filter((room) => room.state === 'closed'),
  };
}

/** An appointment asks for attention from this long before it starts. */
const SOON_MS = 30 * 60_000;

export type Now =
  | { readonly kind: 'waiting'; readonly room: Room }
  | { readonly kind: 'soon'; readonly room: Room }
  | { readonly kind: 'unread'; readonly room: Room }
  | { readonly kind: 'next'; readonly room: Room }
  | { readonly kind: 'nothing' };

/** The one thing to do now: people who wait, then an appointment, then unread words. */
export function nowOf(agenda: Agenda, now: Date): Now {
  const waiting = agenda.open.find((room) => room.people_present > 0);
  if (waiting) return { kind: 'waiting', room: waiting };
  const attended = agenda.scheduled.find((room) => room.people_present > 0);
  if (attended) return { kind: 'waiting', room: attended };
  const soon = agenda.scheduled.find((room) => startOf(room) - now.getTime() < SOON_MS);
  if (soon) return { kind: 'soon', room: soon };
  const unread = [...agenda.open, ...agenda.scheduled].find((room) => room.unread > 0);
  if (unread) return { kind: 'unread', room: unread };
  const next = agenda.scheduled[0];
  return next ? { kind: 'next', room: next } : { kind: 'nothing' };
}

/** Epoch milliseconds of the appointment; without one, never. */
export function startOf(room: Room): number {
  return room.scheduled_at ? Date.parse(room.scheduled_at) : Number.POSITIVE_INFINITY;
}

function byPresence(left: Room, right: Room): number {
  return right.people_present - left.people_present || right.unread - left.unread;
}

function byTime(left: Room, right: Room): number {
  return startOf(left) - startOf(right);
}
