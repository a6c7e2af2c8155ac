import type { Pathway, Visit, VisitState } from '../../api/pathways';
import type { Locale } from '../../i18n/locale';

/** How a visit's state is painted. */
export const TONES = {
  planned: 'neutral',
  booked: 'accent',
  done: 'success',
  missed: 'warning',
  overdue: 'danger',
  cancelled: 'neutral',
} as const satisfies Readonly<Record<VisitState, string>>;

const DAY_MS = 86_400_000;
const FIRST_HOUR = 9;

/** “November 2026” for `2026-11`. */
export function monthText(month: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${month}-01T00:00:00Z`));
}

/** The reader's civil day. */
export function today(now: Date = new Date()): string {
  const shifted = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 10);
}

/** Whether an appointment (`2026-11-22T09:00`) is outside the visit's window. */
export function isOutside(visit: Visit, at: string): boolean {
  const day = at.slice(0, 10);
  return day !== '' && (day < visit.first || day > visit.last);
}

/** A first proposal for an appointment: the window's next working day at nine. */
export function proposal(visit: Visit, now: Date = new Date()): string {
  const tomorrow = Date.parse(`${today(now)}T00:00:00Z`) + DAY_MS;
  let day = Math.max(tomorrow, Date.parse(`${visit.first}T00:00:00Z`));
  while ([0, 6].includes(new Date(day).getUTCDay())) day += DAY_MS;
  return `${new Date(day).toISOString().slice(0, 10)}T${String(FIRST_HOUR).padStart(2, '0')}:00`;
}

/** Whether something remains to be done with it. */
export function isOpen({ state }: Visit): boolean {
  return state !== 'done' && state !== 'cancelled';
}

export function mayBook(pathway: Pathway, visit: Visit): boolean {
  const isMine = visit.performer === 'gp' && pathway.may.includes('visit');
  return pathway.state === 'open' && isOpen(visit) && (isMine || pathway.may.includes('book'));
}

/** Nothing is said of visits whose window is still to come. */
export function mayRecord(pathway: Pathway, visit: Visit, now: Date): boolean {
  const isMine = visit.performer === 'gp' && pathway.may.includes('visit');
  const isDue = visit.first <= today(now) || isPast(visit, now);
  const isAllowed = isMine || pathway.may.includes('record');
  return pathway.state === 'open' && isOpen(visit) && isDue && isAllowed;
}

export function mayTake(pathway: Pathway, visit: Visit): boolean {
  const isFree = visit.performer === 'gp' && visit.taken_at === null && isOpen(visit);
  return pathway.state === 'open' && isFree && pathway.may.includes('visit');
}

/** An appointment that was, without a word on what became of it. */
export function isPast(visit: Visit, now: Date): boolean {
  return (
    visit.state === 'booked' && visit.appointment !== null && new Date(visit.appointment) <= now
  );
}
